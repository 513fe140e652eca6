"""The context object that every handler gets, with the attributes of Function Compute's own Python runtime."""

configuration = function = service = None
last_request = ""  # the call that began last, for threads that the user's code started


class Credentials:
    def __init__(self, call):
        self.access_key_id = self.accessKeyId = call.get("accessKeyId", "")
        self.access_key_secret = self.accessKeySecret = call.get("accessKeySecret", "")
        self.security_token = self.securityToken = call.get("securityToken", "")


class Function:
    def __init__(self, config):
        self.name = config["functionName"]
        self.handler = config["handler"]
        self.memory = config["memorySize"]
        self.timeout = config["timeout"]
        self.initializer = config["initializer"]
        self.initialization_timeout = self.initializationTimeout = config["initializationTimeout"]


class Service:
    def __init__(self, config, qualifier):
        self.name = config["serviceName"]
        self.log_project = self.logProject = config["logProject"]
        self.log_store = self.logStore = config["logStore"]
        self.qualifier = qualifier
        self.version_id = self.versionId = config["versionId"]


class Tracing:
    def __init__(self, call, jaeger_endpoint):
        self.span_context = self.openTracingSpanContext = call.get("spanContext", "")
        self.span_baggages = self.openTracingSpanBaggages = call.get("baggage") or {}
        self.jaeger_endpoint = self.jaegerEndpoint = jaeger_endpoint


class Context:
    def __init__(self, call):
        self.request_id = self.requestId = call["requestId"]
        self.credentials = Credentials(call)
        self.function = function
        qualifier = call["qualifier"]
        self.service = service if qualifier == service.qualifier else Service(configuration, qualifier)
        self.region = configuration["region"]
        self.account_id = self.accountId = configuration["accountId"]
        self.retry_count = self.retryCount = call["retryCount"]
        self.tracing = Tracing(call, configuration["jaegerEndpoint"])

    def to_json(self):
        import json

        return json.dumps(
            {
                "requestId": self.request_id,
                "credentials": {
                    "accessKeyId": self.credentials.access_key_id,
                    "accessKeySecret": self.credentials.access_key_secret,
                    "securityToken": self.credentials.security_token,
                },
                "function": {
                    "name": self.function.name,
                    "handler": self.function.handler,
                    "memory": self.function.memory,
                    "timeout": self.function.timeout,
                },
                "service": {
                    "name": self.service.name,
                    "logProject": self.service.log_project,
                    "logStore": self.service.log_store,
                    "qualifier": self.service.qualifier,
                    "versionId": self.service.version_id,
                },
                "region": self.region,
                "accountId": self.account_id,
                "retryCount": self.retry_count,
                "tracing": {
                    "openTracingSpanContext": self.tracing.span_context,
                    "openTracingSpanBaggages": self.tracing.span_baggages,
                    "jaegerEndpoint": self.tracing.jaeger_endpoint,
                },
            }
        )


def configure(config):
    """Takes over what stays the same for all calls of the instance."""
    global configuration, function, service
    configuration = config
    function = Function(config)
    service = Service(config, config["qualifier"])
