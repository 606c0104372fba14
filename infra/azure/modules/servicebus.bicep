// The change log's topic. Duplicate detection outlives the relay's doubts; no partitioning, which would forbid batches over several sessions.
param name string
param location string
param tags object
param principalId string

var roles = [
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39' // Azure Service Bus Data Sender
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0' // Azure Service Bus Data Receiver
]

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard' }
  properties: { disableLocalAuth: true, minimumTlsVersion: '1.2' }

  resource topic 'topics' = {
    name: 'tickets-oplog'
    properties: {
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: 'PT10M'
      enablePartitioning: false
      defaultMessageTimeToLive: 'P14D'
      maxSizeInMegabytes: 5120
    }

    // The function MeasureDelivery. Subscribers add their own, with sessions and filters by queue, kind or status.
    resource changes 'subscriptions' = {
      name: 'changes'
      properties: {
        requiresSession: true
        lockDuration: 'PT1M'
        maxDeliveryCount: 10
        deadLetteringOnMessageExpiration: true
        deadLetteringOnFilterEvaluationExceptions: true
      }
    }
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in roles: {
  name: guid(namespace.id, principalId, role)
  scope: namespace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

output host string = '${namespace.name}.servicebus.windows.net'
