'use strict';
// The context object that every handler gets.

const logs = require('./logs');

class ContextMaker {
  constructor(configuration) {
    this.configuration = configuration;
  }

  make(call) {
    const c = this.configuration;
    return {
      requestId: call.requestId,
      credentials: {
        accessKeyId: call.accessKeyId ?? '',
        accessKeySecret: call.accessKeySecret ?? '',
        securityToken: call.securityToken ?? '',
      },
      function: {
        name: c.functionName,
        handler: c.handler,
        memory: c.memorySize,
        timeout: c.timeout,
        initializer: c.initializer,
        initializationTimeout: c.initializationTimeout,
      },
      service: {
        name: c.serviceName,
        logProject: c.logProject,
        logStore: c.logStore,
        qualifier: call.qualifier,
        versionId: c.versionId,
      },
      region: c.region,
      accountId: c.accountId,
      logger: logs.logger,
      retryCount: call.retryCount,
      tracing: {
        openTracingSpanContext: call.spanContext ?? '',
        openTracingSpanBaggages: call.baggage ?? {},
        jaegerEndpoint: c.jaegerEndpoint,
      },
    };
  }
}

module.exports = { ContextMaker };
