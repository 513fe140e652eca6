// The official Go SDK, unmodified: the life of each kind of resource, from its creation to its end.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/fc-go-sdk"
)

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: test_go_sdk.py starts these tests", name)
	}
	return value
}

func connect(t *testing.T) *fc.Client {
	t.Helper()
	client, err := fc.NewClient(setting(t, "OPENFC_ENDPOINT"), "2016-08-15", setting(t, "OPENFC_KEY_ID"),
		setting(t, "OPENFC_KEY_SECRET"))
	done(t, err)
	return client
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, wanted interface{}) {
	t.Helper()
	if !reflect.DeepEqual(got, wanted) {
		t.Fatalf("got %#v, wanted %#v", got, wanted)
	}
}

// text is what a member of an answer holds; a missing one is empty.
func text(member *string) string {
	if member == nil {
		return ""
	}
	return *member
}

func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	refusal, ok := err.(*fc.ServiceError)
	if !ok {
		t.Fatalf("got %v, wanted %s", err, code)
	}
	equal(t, refusal.HTTPStatus, status)
	equal(t, refusal.ErrorCode, code)
	equal(t, len(refusal.RequestID), 36)
}

func makeService(t *testing.T, client *fc.Client, service string) {
	t.Helper()
	_, err := client.CreateService(fc.NewCreateServiceInput().WithServiceName(service))
	done(t, err)
}

func makeFunction(t *testing.T, client *fc.Client, service, function string) *fc.CreateFunctionOutput {
	t.Helper()
	zip, err := os.ReadFile(setting(t, "OPENFC_ZIP"))
	done(t, err)
	made, err := client.CreateFunction(fc.NewCreateFunctionInput(service).WithFunctionName(function).
		WithRuntime("python3").WithHandler("index.handler").WithMemorySize(128).WithTimeout(10).
		WithCode(fc.NewCode().WithZipFile(zip)))
	done(t, err)
	return made
}

// makeAlias makes a service with the function f, whose version 1 the alias prod names.
func makeAlias(t *testing.T, client *fc.Client, service string) {
	t.Helper()
	makeService(t, client, service)
	makeFunction(t, client, service, "f")
	_, err := client.PublishServiceVersion(fc.NewPublishServiceVersionInput(service))
	done(t, err)
	_, err = client.CreateAlias(fc.NewCreateAliasInput(service).WithAliasName("prod").WithVersionID("1"))
	done(t, err)
}

func TestServices(t *testing.T) {
	client := connect(t)
	made, err := client.CreateService(fc.NewCreateServiceInput().WithServiceName("go_services").WithDescription("one"))
	done(t, err)
	equal(t, text(made.Description), "one")
	_, err = client.CreateService(fc.NewCreateServiceInput().WithServiceName("go_services"))
	refused(t, err, 409, "ServiceAlreadyExists")
	read, err := client.GetService(fc.NewGetServiceInput("go_services"))
	done(t, err)
	equal(t, text(read.ServiceID), text(made.ServiceID))

	etag := read.Header.Get("ETag")
	updated, err := client.UpdateService(fc.NewUpdateServiceInput("go_services").WithDescription("two").WithIfMatch(etag))
	done(t, err)
	equal(t, text(updated.Description), "two")
	_, err = client.UpdateService(fc.NewUpdateServiceInput("go_services").WithDescription("three").WithIfMatch(etag))
	refused(t, err, 412, "PreconditionFailed")

	listed, err := client.ListServices(fc.NewListServicesInput().WithPrefix("go_services").WithLimit(10))
	done(t, err)
	equal(t, len(listed.Services), 1)
	equal(t, text(listed.Services[0].Description), "two")
	_, err = client.DeleteService(fc.NewDeleteServiceInput("go_services"))
	done(t, err)
	_, err = client.GetService(fc.NewGetServiceInput("go_services"))
	refused(t, err, 404, "ServiceNotFound")
}

func TestFunctions(t *testing.T) {
	client := connect(t)
	makeService(t, client, "go_functions")
	made := makeFunction(t, client, "go_functions", "f")
	equal(t, text(made.Runtime), "python3")
	equal(t, *made.MemorySize, int32(128))
	read, err := client.GetFunction(fc.NewGetFunctionInput("go_functions", "f"))
	done(t, err)
	equal(t, text(read.CodeChecksum), text(made.CodeChecksum))
	code, err := client.GetFunctionCode(fc.NewGetFunctionCodeInput("go_functions", "f"))
	done(t, err)
	equal(t, strings.HasPrefix(code.URL, "http"), true)

	updated, err := client.UpdateFunction(fc.NewUpdateFunctionInput("go_functions", "f").WithTimeout(11).
		WithEnvironmentVariables(map[string]string{"STAGE": "dev"}))
	done(t, err)
	equal(t, *updated.Timeout, int32(11))
	equal(t, *updated.MemorySize, int32(128))
	equal(t, updated.EnvironmentVariables, map[string]string{"STAGE": "dev"})
	listed, err := client.ListFunctions(fc.NewListFunctionsInput("go_functions").WithPrefix("f"))
	done(t, err)
	equal(t, len(listed.Functions), 1)
	equal(t, *listed.Functions[0].Timeout, int32(11))

	_, err = client.DeleteService(fc.NewDeleteServiceInput("go_functions"))
	refused(t, err, 409, "ServiceNotEmpty")
	_, err = client.DeleteFunction(fc.NewDeleteFunctionInput("go_functions", "f"))
	done(t, err)
	_, err = client.GetFunction(fc.NewGetFunctionInput("go_functions", "f"))
	refused(t, err, 404, "FunctionNotFound")
}

func TestInvocations(t *testing.T) {
	client := connect(t)
	makeService(t, client, "go_calls")
	makeFunction(t, client, "go_calls", "f")
	call := func(event string) *fc.InvokeFunctionInput {
		return fc.NewInvokeFunctionInput("go_calls", "f").WithPayload([]byte(event))
	}
	answer, err := client.InvokeFunction(call(`{"do":"echo","value":{"a":["ä"]}}`))
	done(t, err)
	var value map[string][]string
	done(t, json.Unmarshal(answer.Payload, &value))
	equal(t, value, map[string][]string{"a": {"ä"}})
	equal(t, answer.GetErrorType(), "")

	answer, err = client.InvokeFunction(call(`{"do":"say","text":"printed"}`).WithLogType("Tail"))
	done(t, err)
	log, err := answer.GetLogResult()
	done(t, err)
	for _, part := range []string{"FC Invoke Start RequestId: " + answer.GetRequestID(), "printed", "FC Invoke End"} {
		equal(t, strings.Contains(log, part), true)
	}

	answer, err = client.InvokeFunction(call(`{"do":"fail","message":"raised"}`))
	done(t, err)
	equal(t, answer.GetErrorType(), "UnhandledInvocationError")
	equal(t, strings.Contains(string(answer.Payload), "raised"), true)
	_, err = client.InvokeFunction(fc.NewInvokeFunctionInput("go_calls", "absent"))
	refused(t, err, 404, "FunctionNotFound")
}

func TestVersions(t *testing.T) {
	client := connect(t)
	makeService(t, client, "go_versions")
	makeFunction(t, client, "go_versions", "f")
	made, err := client.PublishServiceVersion(fc.NewPublishServiceVersionInput("go_versions"))
	done(t, err)
	equal(t, text(made.VersionID), "1")
	_, err = client.PublishServiceVersion(fc.NewPublishServiceVersionInput("go_versions"))
	refused(t, err, 409, "VersionPublishError")
	_, err = client.UpdateFunction(fc.NewUpdateFunctionInput("go_versions", "f").WithTimeout(11))
	done(t, err)
	read, err := client.GetFunction(fc.NewGetFunctionInput("go_versions", "f").WithQualifier("1"))
	done(t, err)
	equal(t, *read.Timeout, int32(10))
	listed, err := client.ListServiceVersions(fc.NewListServiceVersionsInput("go_versions").WithLimit(10))
	done(t, err)
	equal(t, len(listed.Versions), 1)
	equal(t, text(listed.Versions[0].VersionID), "1")
	_, err = client.DeleteServiceVersion(fc.NewDeleteServiceVersionInput("go_versions", "1"))
	done(t, err)
	_, err = client.GetService(fc.NewGetServiceInput("go_versions").WithQualifier("1"))
	refused(t, err, 404, "VersionNotFound")
}

func TestAliases(t *testing.T) {
	client := connect(t)
	makeAlias(t, client, "go_aliases")
	_, err := client.UpdateFunction(fc.NewUpdateFunctionInput("go_aliases", "f").WithTimeout(11))
	done(t, err)
	_, err = client.PublishServiceVersion(fc.NewPublishServiceVersionInput("go_aliases"))
	done(t, err)
	updated, err := client.UpdateAlias(fc.NewUpdateAliasInput("go_aliases", "prod").WithVersionID("2"))
	done(t, err)
	equal(t, text(updated.VersionID), "2")
	read, err := client.GetAlias(fc.NewGetAliasInput("go_aliases", "prod"))
	done(t, err)
	equal(t, text(read.VersionID), "2")
	named, err := client.GetFunction(fc.NewGetFunctionInput("go_aliases", "f").WithQualifier("prod"))
	done(t, err)
	equal(t, *named.Timeout, int32(11))
	listed, err := client.ListAliases(fc.NewListAliasesInput("go_aliases"))
	done(t, err)
	equal(t, len(listed.Aliases), 1)
	equal(t, text(listed.Aliases[0].AliasName), "prod")
	_, err = client.DeleteAlias(fc.NewDeleteAliasInput("go_aliases", "prod"))
	done(t, err)
	_, err = client.GetAlias(fc.NewGetAliasInput("go_aliases", "prod"))
	refused(t, err, 404, "AliasNotFound")
}

func TestTimerTriggers(t *testing.T) {
	client := connect(t)
	makeService(t, client, "go_timers")
	makeFunction(t, client, "go_timers", "f")
	config := fc.NewTimeTriggerConfig().WithCronExpression("0 0 4 * * *").WithPayload("p").WithEnable(false)
	made, err := client.CreateTrigger(fc.NewCreateTriggerInput("go_timers", "f").WithTriggerName("t").
		WithTriggerType("timer").WithTriggerConfig(config))
	done(t, err)
	equal(t, text(made.TriggerType), "timer")
	_, err = client.UpdateTrigger(fc.NewUpdateTriggerInput("go_timers", "f", "t").
		WithTriggerConfig(config.WithCronExpression("@every 5m")))
	done(t, err)
	read, err := client.GetTrigger(fc.NewGetTriggerInput("go_timers", "f", "t"))
	done(t, err)
	equal(t, text(read.TriggerConfig.(*fc.TimeTriggerConfig).CronExpression), "@every 5m")
	listed, err := client.ListTriggers(fc.NewListTriggersInput("go_timers", "f"))
	done(t, err)
	equal(t, len(listed.Triggers), 1)
	equal(t, text(listed.Triggers[0].TriggerName), "t")
	_, err = client.DeleteTrigger(fc.NewDeleteTriggerInput("go_timers", "f", "t"))
	done(t, err)
	_, err = client.GetTrigger(fc.NewGetTriggerInput("go_timers", "f", "t"))
	refused(t, err, 404, "TriggerNotFound")
}

func TestHTTPTriggers(t *testing.T) {
	client := connect(t)
	makeService(t, client, "go_web")
	makeFunction(t, client, "go_web", "f")
	_, err := client.CreateTrigger(fc.NewCreateTriggerInput("go_web", "f").WithTriggerName("h").WithTriggerType("http").
		WithTriggerConfig(fc.NewHTTPTriggerConfig().WithAuthType("function").WithMethods("GET", "POST")))
	done(t, err)
	_, err = client.UpdateTrigger(fc.NewUpdateTriggerInput("go_web", "f", "h").
		WithTriggerConfig(fc.NewHTTPTriggerConfig().WithAuthType("anonymous").WithMethods("GET")))
	done(t, err)
	read, err := client.GetTrigger(fc.NewGetTriggerInput("go_web", "f", "h"))
	done(t, err)
	config := read.TriggerConfig.(*fc.HTTPTriggerConfig)
	equal(t, text(config.AuthType), "anonymous")
	equal(t, config.Methods, []string{"GET"})
	_, err = client.DeleteTrigger(fc.NewDeleteTriggerInput("go_web", "f", "h"))
	done(t, err)
	listed, err := client.ListTriggers(fc.NewListTriggersInput("go_web", "f"))
	done(t, err)
	equal(t, len(listed.Triggers), 0)
}

func TestCustomDomains(t *testing.T) {
	client := connect(t)
	name := "go." + setting(t, "OPENFC_ACCOUNT") + "." + setting(t, "OPENFC_REGION") + ".functioncompute.com"
	makeService(t, client, "go_domains")
	makeFunction(t, client, "go_domains", "f")
	routes := func(path string) *fc.RouteConfig {
		return fc.NewRouteConfig().WithRoutes([]fc.PathConfig{*fc.NewPathConfig().WithPath(path).
			WithServiceName("go_domains").WithFunctionName("f").WithMethods([]string{"GET"})})
	}
	made, err := client.CreateCustomDomain(fc.NewCreateCustomDomainInput().WithDomainName(name).WithProtocol("HTTP").
		WithRouteConfig(routes("/a/*")))
	done(t, err)
	equal(t, text(made.DomainName), name)
	_, err = client.UpdateCustomDomain(fc.NewUpdateCustomDomainInput(name).WithProtocol("HTTP").
		WithRouteConfig(routes("/b/*")))
	done(t, err)
	read, err := client.GetCustomDomain(fc.NewGetCustomDomainInput(name))
	done(t, err)
	equal(t, len(read.RouteConfig.Routes), 1)
	equal(t, text(read.RouteConfig.Routes[0].Path), "/b/*")
	listed, err := client.ListCustomDomains(fc.NewListCustomDomainsInput().WithPrefix("go."))
	done(t, err)
	equal(t, len(listed.CustomDomains), 1)
	_, err = client.DeleteCustomDomain(fc.NewDeleteCustomDomainInput(name))
	done(t, err)
	_, err = client.GetCustomDomain(fc.NewGetCustomDomainInput(name))
	refused(t, err, 404, "DomainNameNotFound")
}

func TestLayers(t *testing.T) {
	client := connect(t)
	zip, err := os.ReadFile(setting(t, "OPENFC_ZIP"))
	done(t, err)
	made, err := client.PublishLayerVersion(fc.NewPublishLayerVersionInput().WithLayerName("go_layer").
		WithCode(fc.NewCode().WithZipFile(zip)).WithCompatibleRuntime([]string{"python3"}).WithDescription("one"))
	done(t, err)
	equal(t, made.Layer.Version, int32(1))
	read, err := client.GetLayerVersion(fc.NewGetLayerVersionInput("go_layer", 1))
	done(t, err)
	equal(t, read.Layer.Description, "one")
	equal(t, read.Layer.CodeChecksum, made.Layer.CodeChecksum)
	layers, err := client.ListLayers(fc.NewListLayersInput().WithPrefix("go_layer"))
	done(t, err)
	equal(t, len(layers.Layers), 1)
	versions, err := client.ListLayerVersions(fc.NewListLayerVersionsInput("go_layer", 1))
	done(t, err)
	equal(t, len(versions.Layers), 1)
	_, err = client.DeleteLayerVersion(fc.NewDeleteLayerVersionInput("go_layer", 1))
	done(t, err)
	_, err = client.GetLayerVersion(fc.NewGetLayerVersionInput("go_layer", 1))
	refused(t, err, 404, "LayerVersionNotFound")
}

func TestTags(t *testing.T) {
	client := connect(t)
	makeService(t, client, "go_tags")
	tagged := func(tags map[string]string) int {
		listed, err := client.ListServices(fc.NewListServicesInput().WithPrefix("go_tags").WithTags(tags))
		done(t, err)
		return len(listed.Services)
	}
	tags := map[string]string{"team": "media", "stage": "prod"}
	_, err := client.TagResource(fc.NewTagResourceInput("services/go_tags", tags))
	done(t, err)
	read, err := client.GetResourceTags(fc.NewGetResourceTagsInput("services/go_tags"))
	done(t, err)
	equal(t, read.Tags, tags)
	equal(t, tagged(map[string]string{"team": "media"}), 1)
	equal(t, tagged(map[string]string{"team": "none"}), 0)
	_, err = client.UnTagResource(fc.NewUnTagResourceInput("services/go_tags").WithTagKeys([]string{"stage"}).
		WithAll(false))
	done(t, err)
	read, err = client.GetResourceTags(fc.NewGetResourceTagsInput("services/go_tags"))
	done(t, err)
	equal(t, read.Tags, map[string]string{"team": "media"})
	_, err = client.UnTagResource(fc.NewUnTagResourceInput("services/go_tags").WithTagKeys([]string{}).WithAll(true))
	done(t, err)
	equal(t, tagged(map[string]string{"team": "media"}), 0)
}

func TestProvisionConfigs(t *testing.T) {
	client := connect(t)
	makeAlias(t, client, "go_kept")
	put := func(target int64) {
		made, err := client.PutProvisionConfig(fc.NewPutProvisionConfigInput("go_kept", "prod", "f").WithTarget(target))
		done(t, err)
		equal(t, *made.Target, target)
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			read, err := client.GetProvisionConfig(fc.NewGetProvisionConfigInput("go_kept", "prod", "f"))
			done(t, err)
			if *read.Current == target {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%d instances, not %d", *read.Current, target)
			}
		}
	}
	put(1)
	listed, err := client.ListProvisionConfigs(fc.NewListProvisionConfigsInput().WithServiceName("go_kept").
		WithQualifier("prod"))
	done(t, err)
	equal(t, len(listed.ProvisionConfigs), 1)
	put(0)
}

func TestAsyncInvokeConfigs(t *testing.T) {
	client := connect(t)
	makeAlias(t, client, "go_async")
	attempts := int64(2)
	get := fc.NewGetFunctionAsyncInvokeConfigInput("go_async", "f").WithQualifier("prod")
	_, err := client.GetFunctionAsyncInvokeConfig(get)
	refused(t, err, 404, "AsyncConfigNotExists")
	for ; attempts >= 1; attempts-- {
		_, err = client.PutFunctionAsyncInvokeConfig(fc.NewPutFunctionAsyncInvokeConfigInput("go_async", "f").
			WithQualifier("prod").WithAsyncConfig(fc.AsyncConfig{MaxAsyncRetryAttempts: &attempts}))
		done(t, err)
		read, err := client.GetFunctionAsyncInvokeConfig(get)
		done(t, err)
		equal(t, *read.MaxAsyncRetryAttempts, attempts)
	}
	listed, err := client.ListFunctionAsyncInvokeConfigs(fc.NewListFunctionAsyncInvokeConfigsInput("go_async", "f"))
	done(t, err)
	equal(t, len(listed.Configs), 1)
	_, err = client.DeleteFunctionAsyncInvokeConfig(fc.NewDeleteFunctionAsyncInvokeConfigInput("go_async", "f").
		WithQualifier("prod"))
	done(t, err)
	_, err = client.GetFunctionAsyncInvokeConfig(get)
	refused(t, err, 404, "AsyncConfigNotExists")
}

func TestOnDemandConfigs(t *testing.T) {
	client := connect(t)
	makeAlias(t, client, "go_limited")
	put, err := client.PutOnDemandConfig(fc.NewPutOnDemandConfigInput("go_limited", "prod", "f").
		WithMaximumInstanceCount(0))
	done(t, err)
	equal(t, *put.MaximumInstanceCount, int64(0))
	_, err = client.InvokeFunction(fc.NewInvokeFunctionInput("go_limited", "f").WithQualifier("prod"))
	refused(t, err, 429, "ResourceExhausted")
	read, err := client.GetOnDemandConfig(fc.NewGetOnDemandConfigInput("go_limited", "prod", "f"))
	done(t, err)
	equal(t, *read.MaximumInstanceCount, int64(0))
	listed, err := client.ListOnDemandConfigs(fc.NewListOnDemandConfigsInput().WithPrefix("services/go_limited."))
	done(t, err)
	equal(t, len(listed.Configs), 1)
	_, err = client.DeleteOnDemandConfig(fc.NewDeleteOnDemandConfigInput("go_limited", "prod", "f"))
	done(t, err)
	_, err = client.GetOnDemandConfig(fc.NewGetOnDemandConfigInput("go_limited", "prod", "f"))
	refused(t, err, 404, "OnDemandConfigNotFound")
}
