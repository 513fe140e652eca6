#pragma once

#include "api/context.h"
#include "schema/shape.h"

#include <string>

/// Somebody's program in a running instance, over a WebSocket (wire-contract 3.5).
namespace openfc::api {

struct InstanceExec {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string instanceId;
  std::string command;  // its first word
  bool tty = false;
  bool input = false;
  bool output = true;
  bool error = true;
  int idleTimeout = 120;  // seconds
};

const schema::Shape& shapeOf(const InstanceExec*);

/// Answers when the program and the connection have ended.
Task<http::Response> instanceExec(Context context, InstanceExec input);

}  // namespace openfc::api
