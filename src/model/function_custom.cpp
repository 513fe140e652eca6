#include "model/function.h"
#include "model/function_rules.h"

/// The shapes of custom runtimes' and containers' settings.
namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::string_view accelerationTypes[] = {"Default", "None", ""};

constexpr std::string_view noContainers = "Containers are not run.";
constexpr std::string_view noDns = "Instances resolve names by the server's own configuration.";
constexpr std::string_view noChecks = "An instance is checked by the connection to its port alone.";

}  // namespace

const Shape& shapeOf(const AccelerationInfo*) {
  using T = AccelerationInfo;
  static constexpr Field fields[] = {
      field<&T::status>("status", "Preparing or Ready.", {.readOnly = true}),
  };
  static constexpr Shape shape = schema::shape<T>("AccelerationInfo", fields);
  return shape;
}

const Shape& shapeOf(const CustomContainerConfig*) {
  using T = CustomContainerConfig;
  static constexpr Field fields[] = {
      field<&T::image>(
          "image", "Image of the container.",
          {.maxLength = 1024, .support = Support::recorded, .supportNote = noContainers}),
      field<&T::command>("command", "Start command, the text of a JSON array.",
                         {.maxLength = 4096,
                          .check = checkedBy<&jsonArrayProblem>,
                          .support = Support::recorded,
                          .supportNote = noContainers}),
      field<&T::args>("args", "Start arguments, the text of a JSON array.",
                      {.maxLength = 4096,
                       .check = checkedBy<&jsonArrayProblem>,
                       .support = Support::recorded,
                       .supportNote = noContainers}),
      field<&T::accelerationType>(
          "accelerationType", "Default: the image is accelerated; None: it is not.",
          {.oneOf = accelerationTypes, .support = Support::recorded, .supportNote = noContainers}),
      field<&T::accelerationInfo>("accelerationInfo", "State of the acceleration.",
                                  {.readOnly = true}),
      field<&T::instanceId>(
          "instanceID", "Id of an enterprise registry's instance.",
          {.maxLength = 256, .support = Support::recorded, .supportNote = noContainers}),
  };
  static constexpr Shape shape = schema::shape<T>("CustomContainerConfigInfo", fields);
  return shape;
}

const Shape& shapeOf(const CustomRuntimeConfig*) {
  using T = CustomRuntimeConfig;
  static constexpr Field fields[] = {
      field<&T::command>("command", "Start command; empty = /code/bootstrap.",
                         {.maxLength = 4096, .maxItems = 100}),
      field<&T::args>("args", "Start arguments.", {.maxLength = 4096, .maxItems = 100}),
  };
  static constexpr Shape shape = schema::shape<T>("CustomRuntimeConfig", fields);
  return shape;
}

const Shape& shapeOf(const DnsOption*) {
  using T = DnsOption;
  static constexpr Field fields[] = {
      field<&T::name>("name", "Option of the resolver.",
                      {.maxLength = 256, .support = Support::recorded, .supportNote = noDns}),
      field<&T::value>("value", "Its value.",
                       {.maxLength = 256, .support = Support::recorded, .supportNote = noDns}),
  };
  static constexpr Shape shape = schema::shape<T>("DNSOption", fields);
  return shape;
}

const Shape& shapeOf(const CustomDns*) {
  using T = CustomDns;
  static constexpr Field fields[] = {
      field<&T::nameServers>(
          "nameServers", "Addresses of name servers.",
          {.maxLength = 256, .maxItems = 10, .support = Support::recorded, .supportNote = noDns}),
      field<&T::searches>(
          "searches", "Search domains.",
          {.maxLength = 256, .maxItems = 32, .support = Support::recorded, .supportNote = noDns}),
      field<&T::dnsOptions>("dnsOptions", "Options of the resolver.",
                            {.maxItems = 32, .support = Support::recorded, .supportNote = noDns}),
  };
  static constexpr Shape shape = schema::shape<T>("CustomDNS", fields);
  return shape;
}

const Shape& shapeOf(const CustomHealthCheckConfig*) {
  using T = CustomHealthCheckConfig;
  static constexpr Field fields[] = {
      field<&T::httpGetUrl>(
          "httpGetUrl", "Path that is asked.",
          {.maxLength = 2048, .support = Support::recorded, .supportNote = noChecks}),
      field<&T::initialDelaySeconds>(
          "initialDelaySeconds", "Seconds before the first check.",
          {.min = 0, .max = 120, .support = Support::recorded, .supportNote = noChecks}),
      field<&T::periodSeconds>(
          "periodSeconds", "Seconds between checks.",
          {.min = 1, .max = 120, .support = Support::recorded, .supportNote = noChecks}),
      field<&T::timeoutSeconds>(
          "timeoutSeconds", "Seconds that one check may take.",
          {.min = 1, .max = 3, .support = Support::recorded, .supportNote = noChecks}),
      field<&T::failureThreshold>(
          "failureThreshold", "Failures that make an instance unhealthy.",
          {.min = 1, .max = 120, .support = Support::recorded, .supportNote = noChecks}),
      field<&T::successThreshold>(
          "successThreshold", "Successes that make it healthy again.",
          {.min = 1, .max = 120, .support = Support::recorded, .supportNote = noChecks}),
  };
  static constexpr Shape shape = schema::shape<T>("CustomHealthCheckConfig", fields);
  return shape;
}

}  // namespace openfc::model
