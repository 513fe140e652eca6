#include "api/functions.h"
#include "api/rows.h"

/// The rows of the inputs and outputs of the operations on functions.
namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

template <auto member>
consteval Field codeChecksum() {
  return field<member>("X-Fc-Code-Checksum",
                       "CRC-64 of the code, unsigned decimal: other code is refused.",
                       {.maxLength = 64, .in = In::header});
}

}  // namespace

const Shape& shapeOf(const CreateFunction*) {
  using T = CreateFunction;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInBody<&T::functionName>("functionName", "Name, unique in the service."),
      codeChecksum<&T::codeChecksum>(),
      field<&T::code>("code", "The code; only custom containers have none."),
      field<&T::config>("config", "Its configuration.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CreateFunction", fields);
  return shape;
}

const Shape& shapeOf(const DeleteFunction*) {
  using T = DeleteFunction;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      ifMatch<&T::ifMatch>(),
  };
  static constexpr Shape shape = schema::shape<T>("DeleteFunction", fields);
  return shape;
}

const Shape& shapeOf(const UpdateFunction*) {
  using T = UpdateFunction;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      ifMatch<&T::ifMatch>(),
      codeChecksum<&T::codeChecksum>(),
      field<&T::code>("code", "Other code; absent = it stays."),
      field<&T::config>("config", "What changes; absent and null members stay as they are.",
                        {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateFunction", fields);
  return shape;
}

const Shape& shapeOf(const GetFunction*) {
  using T = GetFunction;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
  };
  static constexpr Shape shape = schema::shape<T>("GetFunction", fields);
  return shape;
}

const Shape& shapeOf(const ListFunctions*) {
  using T = ListFunctions;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      field<&T::page>("page", "Which part of the list.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ListFunctions", fields);
  return shape;
}

const Shape& shapeOf(const FunctionReply*) {
  using T = FunctionReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::warning>(
          "X-Openfc-Warning",
          "Why the function cannot run on this machine; only of creation and change.",
          {.in = In::header}),
      field<&T::function>("function", "The function.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("FunctionReply", fields);
  return shape;
}

const Shape& shapeOf(const FunctionPage*) {
  using T = FunctionPage;
  static constexpr Field fields[] = {
      field<&T::functions>("functions", "Ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("FunctionPage", fields);
  return shape;
}

}  // namespace openfc::api
