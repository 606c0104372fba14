// One PostgreSQL Flexible Server. Passwords are off: the app signs in with its identity, as the databases' owner.
param name string
param location string
param tags object
param sku string
param storageGb int
param highAvailability string
param databases string[]
param identityName string
param identityPrincipalId string
param administratorId string
param administratorName string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: startsWith(sku, 'Standard_B') ? 'Burstable' : startsWith(sku, 'Standard_E') ? 'MemoryOptimized' : 'GeneralPurpose' }
  properties: {
    version: '17'
    storage: { storageSizeGB: storageGb, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 14, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: highAvailability }
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: subscription().tenantId }
  }
}

resource owner 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = {
  parent: server
  name: identityPrincipalId
  properties: { principalName: identityName, principalType: 'ServicePrincipal', tenantId: subscription().tenantId }
}

resource person 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = if (!empty(administratorId) && !empty(administratorName)) {
  parent: server
  name: empty(administratorId) ? 'none' : administratorId
  properties: { principalName: administratorName, principalType: 'User', tenantId: subscription().tenantId }
  dependsOn: [owner]
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = [for item in databases: {
  parent: server
  name: item
  properties: { charset: 'UTF8', collation: 'C.utf8' }
  dependsOn: [owner]
}]

// Server parameters are changed one at a time. A group that touches many queues takes many locks; the writers' connections are few.
resource locks 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'max_locks_per_transaction'
  properties: { value: '1024', source: 'user-override' }
  dependsOn: [database]
}

// Other Azure services may knock; Entra decides who gets in. A virtual network closes this too: docs/deploy.md.
resource azure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2024-08-01' = {
  parent: server
  name: 'azure-services'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  dependsOn: [locks]
}

output host string = server.properties.fullyQualifiedDomainName
