"""For each operation a call that succeeds, made with resources of its own."""

from world import CODE, Call, LATER, ROLE, action, policy, route, timer

RECIPES = {}
# A valid value of what a member path goes through.
SAMPLES = {"nasConfig.mountPoints[]": {"mountDir": "/mnt/a", "serverAddr": "host:/"}, "routeConfig.routes[]": route(),
           "scheduledActions[]": action(), "targetTrackingPolicies[]": policy(), "code": CODE,
           "logConfig": {"project": "p", "logstore": "l"},
           "destinationConfig.onSuccess": {"destination": "acs:fc:cn-hangzhou:1234567890123456:services/a/functions/b"},
           "destinationConfig.onFailure": {"destination": "acs:fc:cn-hangzhou:1234567890123456:services/a/functions/b"}}


def recipe(make):
    RECIPES[make.__name__] = make
    return make


def at(names, values):
    return dict(zip(names.split(), values))


@recipe
def CreateService(w):
    return Call("CreateService", body={"serviceName": w.name("s"), "description": "d", "role": ROLE})


def in_service(operation, body=None):
    RECIPES[operation] = lambda w: Call(operation, at("serviceName", [w.service()]), body=body)


for _name in ("DeleteService", "GetService", "ListFunctions", "ListServiceVersions", "ListAliases"):
    in_service(_name)
in_service("UpdateService", {"description": "changed"})
in_service("PublishServiceVersion", {"description": "v"})


@recipe
def CreateFunction(w):
    return Call("CreateFunction", at("serviceName", [w.service()]), body={
        "functionName": w.name("f"), "runtime": "python3", "handler": "index.handler", "code": CODE})


def in_function(operation, body=None, shared=False):
    def make(w):
        pair = w.standing() if shared else w.function()
        return Call(operation, at("serviceName functionName", pair), body=body)
    RECIPES[operation] = make


for _name in ("ListServices", "ListCustomDomains", "ListProvisionConfigs", "ListLayers"):
    RECIPES[_name] = lambda w, name=_name: Call(name)
for _name in ("GetFunction", "GetFunctionCode", "ListTriggers", "ListInstances", "ListFunctionAsyncInvokeConfigs",
              "ListStatefulAsyncInvocations"):
    in_function(_name, shared=True)
in_function("DeleteFunction")
in_function("UpdateFunction", {"description": "changed"})
in_function("InvokeFunction", b"event", shared=True)


@recipe
def CreateTrigger(w):
    return Call("CreateTrigger", at("serviceName functionName", w.function()), body={"triggerName": w.name("t"), **timer()})


def on_trigger(operation, body=None):
    RECIPES[operation] = lambda w: Call(operation, at("serviceName functionName triggerName", w.trigger()), body=body)


on_trigger("DeleteTrigger")
on_trigger("GetTrigger")
on_trigger("UpdateTrigger", {"description": "changed"})


@recipe
def DeleteServiceVersion(w):
    return Call("DeleteServiceVersion", at("serviceName versionId", w.version()))


@recipe
def CreateAlias(w):
    service, version = w.version()
    return Call("CreateAlias", at("serviceName", [service]), body={"aliasName": w.name("a"), "versionId": version})


def on_alias(operation, body=None):
    RECIPES[operation] = lambda w: Call(operation, at("serviceName aliasName", w.alias()), body=body)


on_alias("DeleteAlias")
on_alias("GetAlias")
on_alias("UpdateAlias", {"description": "changed"})


@recipe
def CreateCustomDomain(w):
    return Call("CreateCustomDomain", body={"domainName": f"{w.name('d')}.example.com", "protocol": "HTTP",
                                            "routeConfig": {"routes": [route()]}})


def on_domain(operation, body=None):
    RECIPES[operation] = lambda w: Call(operation, at("domainName", [w.domain()]), body=body)


on_domain("DeleteCustomDomain")
on_domain("GetCustomDomain")
on_domain("UpdateCustomDomain", {"protocol": "HTTP"})


def provisioned(operation, body=None):
    def make(w):
        service, function = w.function()
        return Call(operation, at("serviceName functionName", [f"{service}.LATEST", function]), body=body)
    RECIPES[operation] = make


provisioned("GetProvisionConfig")
provisioned("PutProvisionConfig", {"target": 0})


@recipe
def TagResource(w):
    return Call("TagResource", body={"resourceArn": f"services/{w.service()}", "tags": {"a": "b"}})


@recipe
def UntagResource(w):
    return Call("UntagResource", body={"resourceArn": f"services/{w.service()}", "tagKeys": ["a"]})


@recipe
def GetResourceTags(w):
    return Call("GetResourceTags", query={"resourceArn": f"services/{w.service()}"})


in_function("PutFunctionAsyncInvokeConfig", {"maxAsyncRetryAttempts": 1})


def configured(operation):
    def make(w):
        pair = w.function()
        w.do(Call("PutFunctionAsyncInvokeConfig", at("serviceName functionName", pair), body={"maxAsyncRetryAttempts": 1}))
        return Call(operation, at("serviceName functionName", pair))
    RECIPES[operation] = make


configured("GetFunctionAsyncInvokeConfig")
configured("DeleteFunctionAsyncInvokeConfig")


@recipe
def GetStatefulAsyncInvocation(w):
    done = w.once("done invocation", w.invocation)
    return Call("GetStatefulAsyncInvocation", at("serviceName functionName statefulAsyncInvocationId", done))


@recipe
def StopStatefulAsyncInvocation(w):
    return Call("StopStatefulAsyncInvocation", at("serviceName functionName statefulAsyncInvocationId",
                                                  w.invocation(b"slow", ("Running",))))


@recipe
def PublishLayerVersion(w):
    return Call("PublishLayerVersion", at("layerName", [w.name("l")]), body={"code": CODE})


def on_layer(operation):
    RECIPES[operation] = lambda w: Call(operation, at("layerName version", w.layer()))


on_layer("DeleteLayerVersion")
on_layer("GetLayerVersion")
RECIPES["ListLayerVersions"] = lambda w: Call("ListLayerVersions", at("layerName", w.layer()[:1]))
assert LATER
