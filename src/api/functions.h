#pragma once

#include "api/code.h"
#include "api/context.h"
#include "api/page.h"
#include "model/function.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on functions (api-spec 2.2); invocation and download stand apart.
namespace openfc::api {

struct CreateFunction {
  std::string serviceName;
  std::string functionName;
  std::string codeChecksum;
  std::optional<CodeInput> code;
  model::FunctionConfig config;
};

struct DeleteFunction {
  std::string serviceName;
  std::string functionName;
  std::string ifMatch;
};

struct UpdateFunction {
  std::string serviceName;
  std::string functionName;
  std::string ifMatch;
  std::string codeChecksum;
  std::optional<CodeInput> code;
  schema::Partial<model::FunctionConfig> config;
};

struct GetFunction {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
};

struct ListFunctions {
  std::string serviceName;
  std::string qualifier;
  PageQuery page;
};

struct FunctionReply {
  std::string etag;
  std::string warning;  // to whoever made or changed it: it cannot run here; "" = it can
  model::Function function;
};

struct FunctionPage {
  std::vector<model::Function> functions;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const CreateFunction*);
const schema::Shape& shapeOf(const DeleteFunction*);
const schema::Shape& shapeOf(const UpdateFunction*);
const schema::Shape& shapeOf(const GetFunction*);
const schema::Shape& shapeOf(const ListFunctions*);
const schema::Shape& shapeOf(const FunctionReply*);
const schema::Shape& shapeOf(const FunctionPage*);

Task<FunctionReply> createFunction(Context context, CreateFunction input);
Task<> deleteFunction(Context context, DeleteFunction input);
Task<FunctionReply> updateFunction(Context context, UpdateFunction input);
Task<FunctionReply> getFunctionState(Context context, GetFunction input);
Task<FunctionPage> listFunctions(Context context, ListFunctions input);

}  // namespace openfc::api
