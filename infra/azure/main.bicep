// Tickets on Azure: one function app on Flex Consumption, PostgreSQL, Service Bus and storage, all reached by one managed identity.
// No setting holds a secret. docs/deploy.md goes through it.
targetScope = 'resourceGroup'

@description('Part of every name; azd gives its environment\'s name.')
@minLength(2)
@maxLength(20)
param environmentName string

param location string = resourceGroup().location

@description('PostgreSQL servers that hold hot shards, one shard each. The settings database is on the first.')
@minValue(1)
@maxValue(8)
param shardServers int = 1

@description('Compute of each PostgreSQL server.')
param postgresSku string = 'Standard_D2ds_v5'

@description('Disk of each PostgreSQL server, in GiB.')
param postgresStorageGb int = 128

@description('Who the tokens of callers must be made out to: the client id, or the application id URI, of the app registration whose roles tickets.ROLE are given to robots and people. Without it nobody could call.')
@minLength(1)
param accessAudience string

@description('Who must have issued them: as in the iss claim of Entra ID, version 2.')
param accessIssuer string = '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'

@description('A second server that takes over when the first fails.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param postgresHighAvailability string = 'Disabled'

@description('Memory of an instance, in MiB.')
@allowed([512, 2048, 4096])
param instanceMemoryMb int = 2048

@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances that never sleep. With one or more, orchestrations, the relay and webhooks work all the time; with none they wait for timers.')
param alwaysReadyInstances int = 1

@description('Object id of a person or group that may administer the databases beside the app; empty: nobody.')
param databaseAdministratorId string = ''

@description('Name of that person or group, as PostgreSQL is to know it.')
param databaseAdministratorName string = ''

var token = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var tags = { 'azd-env-name': environmentName }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-tickets-${token}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: { name: 'tickets-${token}', location: location, tags: tags, principalId: identity.properties.principalId }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: { name: 'sttickets${take(token, 13)}', location: location, tags: tags, principalId: identity.properties.principalId }
}

module serviceBus 'modules/servicebus.bicep' = {
  name: 'servicebus'
  params: { name: 'sb-tickets-${token}', location: location, tags: tags, principalId: identity.properties.principalId }
}

module postgres 'modules/postgres.bicep' = [for i in range(0, shardServers): {
  name: 'postgres-${i}'
  params: {
    name: 'pg-tickets-${i}-${token}'
    location: location
    tags: tags
    sku: postgresSku
    storageGb: postgresStorageGb
    highAvailability: postgresHighAvailability
    databases: i == 0 ? ['tickets_settings', 'tickets_hot_0'] : ['tickets_hot_${i}']
    identityName: identity.name
    identityPrincipalId: identity.properties.principalId
    administratorId: databaseAdministratorId
    administratorName: databaseAdministratorName
  }
}]

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    name: 'func-tickets-${token}'
    location: location
    tags: union(tags, { 'azd-service-name': 'app' })
    identityId: identity.id
    identityClientId: identity.properties.clientId
    identityName: identity.name
    storageName: storage.outputs.name
    blobEndpoint: storage.outputs.blobEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    packageContainer: storage.outputs.packageContainer
    serviceBusHost: serviceBus.outputs.host
    postgresHosts: [for i in range(0, shardServers): postgres[i].outputs.host]
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    instanceMemoryMb: instanceMemoryMb
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    accessIssuer: accessIssuer
    accessAudience: accessAudience
  }
}

output AZURE_FUNCTION_APP string = app.outputs.name
output TICKETS_ADDRESS string = 'https://${app.outputs.host}'
output POSTGRES_HOST string = postgres[0].outputs.host
