param name string
param location string
param tags object
param identityId string
param identityClientId string
param identityName string
param storageName string
param blobEndpoint string
param tableEndpoint string
param packageContainer string
param serviceBusHost string

@description('The first has the settings database and shard hot-0, the next hot-1, and so on.')
param postgresHosts string[]
param applicationInsightsConnectionString string
param instanceMemoryMb int
param maximumInstances int
param alwaysReadyInstances int
param accessIssuer string
param accessAudience string

// The user is the identity's name; the password is its token, which the app fetches itself (Postgres:Identity).
var connection = 'Port=5432;Username=${identityName};SSL Mode=VerifyFull;Database='
var shards = [for (host, i) in postgresHosts: { name: 'Shards__hot_${i}', value: 'Host=${host};${connection}tickets_hot_${i}' }]

var settings = [
  { name: 'AZURE_CLIENT_ID', value: identityClientId }
  { name: 'AzureWebJobsStorage__accountName', value: storageName }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identityClientId }
  { name: 'Storage__BlobServiceUri', value: blobEndpoint }
  { name: 'Storage__TableServiceUri', value: tableEndpoint }
  { name: 'ServiceBusConnection__fullyQualifiedNamespace', value: serviceBusHost }
  { name: 'ServiceBusConnection__credential', value: 'managedidentity' }
  { name: 'ServiceBusConnection__clientId', value: identityClientId }
  { name: 'Settings__Database', value: 'Host=${postgresHosts[0]};${connection}tickets_settings' }
  { name: 'Postgres__Identity', value: 'true' }
  { name: 'Access__Issuer', value: accessIssuer }
  { name: 'Access__Audience', value: accessAudience }
  // Many small instances share a server's connections.
  { name: 'Postgres__Connections', value: '6' }
  { name: 'Orchestration__AlwaysOn', value: alwaysReadyInstances > 0 ? 'true' : 'false' }
  { name: 'Hosting__LogFormat', value: 'json' }
  { name: 'DOTNET_GCgen0size', value: '0x2000000' }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: applicationInsightsConnectionString }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identityClientId};Authorization=AAD' }
]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: { minTlsVersion: '1.2', appSettings: concat(settings, shards) }
    functionAppConfig: {
      runtime: { name: 'custom', version: '1.0' }
      deployment: {
        storage: { type: 'blobContainer', value: packageContainer, authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId } }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMb
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
        // One process commits many requests together: fewer, busier instances are faster than many idle ones.
        triggers: { http: { perInstanceConcurrency: 200 } }
      }
    }
  }
}

output name string = app.name
output host string = app.properties.defaultHostName
