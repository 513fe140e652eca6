#pragma once

#include "api/context.h"
#include "schema/shape.h"

#include <string>

/// InvokeFunction (api-spec 2.2.7): raw bytes in, raw bytes out.
namespace openfc::api {

struct InvokeFunction {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string invocationType = "Sync";
  std::string logType = "None";
  std::string statefulId;
};

const schema::Shape& shapeOf(const InvokeFunction*);

Task<http::Response> invokeFunction(Context context, InvokeFunction input);

/// The last 4096 bytes of `tail` and the summary line that clients look for.
std::string withSummary(std::string_view tail, const invoke::Outcome& outcome);

}  // namespace openfc::api
