#include "api/rows.h"
#include "api/triggers.h"

/// The rows of the inputs and outputs of the operations on triggers.
namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::size_t maxText = 4096;  // bytes of a description
constexpr std::size_t maxArn = 512;
constexpr std::string_view noPushes = "The server calls functions itself and needs no role for it.";

template <auto member>
consteval Field invocationRole() {
  return field<member>(
      "invocationRole", "ARN of the role that the source calls with.",
      {.maxLength = maxArn, .support = Support::recorded, .supportNote = noPushes});
}

template <auto member>
consteval Field qualifierInBody() {
  return field<member>("qualifier", "Version or alias that is called; absent = LATEST.",
                       {.maxLength = model::maxName, .pattern = &model::qualifierPattern});
}

template <auto member>
consteval Field description() {
  return field<member>(
      "description", "Free text.",
      {.maxLength = maxText, .support = Support::recorded, .supportNote = "A text for people."});
}

}  // namespace

const Shape& shapeOf(const CreateTrigger*) {
  using T = CreateTrigger;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      nameInBody<&T::triggerName>("triggerName", "Name, unique in the function."),
      field<&T::triggerType>("triggerType", "What fires it.",
                             {.required = true, .oneOf = model::triggerTypes}),
      field<&T::triggerConfig>("triggerConfig",
                               "Settings of that type: an object, or the text of one.",
                               {.required = true, .variants = model::triggerConfigShapes}),
      field<&T::sourceArn>("sourceArn", "ARN of what fires it; timers and HTTP triggers need none.",
                           {.maxLength = maxArn}),
      invocationRole<&T::invocationRole>(),
      qualifierInBody<&T::qualifier>(),
      description<&T::description>(),
  };
  static constexpr Shape shape = schema::shape<T>("CreateTrigger", fields);
  return shape;
}

const Shape& shapeOf(const SameTrigger*) {
  using T = SameTrigger;
  static constexpr Field fields[] = {
      field<&T::triggerName>("triggerName", "Its name, which cannot change.",
                             {.maxLength = model::maxName}),
      field<&T::triggerType>("triggerType", "Its type, which cannot change.",
                             {.maxLength = model::maxName}),
      field<&T::sourceArn>("sourceArn", "Its source, which cannot change.", {.maxLength = maxArn}),
  };
  static constexpr Shape shape = schema::shape<T>("SameTrigger", fields);
  return shape;
}

const Shape& shapeOf(const UpdateTrigger*) {
  using T = UpdateTrigger;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      nameInPath<&T::triggerName>("triggerName", "The trigger."),
      ifMatch<&T::ifMatch>(),
      invocationRole<&T::invocationRole>(),
      qualifierInBody<&T::qualifier>(),
      field<&T::triggerConfig>("triggerConfig",
                               "Members that are given replace the stored ones, the others stay.",
                               {.variants = model::triggerConfigShapes}),
      description<&T::description>(),
      field<&T::same>("same", "What must not differ.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateTrigger", fields);
  return shape;
}

const Shape& shapeOf(const DeleteTrigger*) {
  using T = DeleteTrigger;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      nameInPath<&T::triggerName>("triggerName", "The trigger."),
      ifMatch<&T::ifMatch>(),
  };
  static constexpr Shape shape = schema::shape<T>("DeleteTrigger", fields);
  return shape;
}

const Shape& shapeOf(const GetTrigger*) {
  using T = GetTrigger;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      nameInPath<&T::triggerName>("triggerName", "The trigger."),
  };
  static constexpr Shape shape = schema::shape<T>("GetTrigger", fields);
  return shape;
}

const Shape& shapeOf(const ListTriggers*) {
  using T = ListTriggers;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::page>("page", "Which part of the list.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ListTriggers", fields);
  return shape;
}

const Shape& shapeOf(const TriggerItem*) {
  using T = TriggerItem;
  static constexpr Field fields[] = {
      field<&T::trigger>("trigger", "The trigger.", {.inlined = true}),
      field<&T::urlInternet>("urlInternet", "Where an HTTP trigger is called.", {.omitNull = true}),
      field<&T::urlIntranet>("urlIntranet", "The same.", {.omitNull = true}),
      field<&T::domainName>("domainName", "The host of that URL.", {.omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("TriggerItem", fields);
  return shape;
}

const Shape& shapeOf(const TriggerReply*) {
  using T = TriggerReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::item>("item", "The trigger.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("TriggerReply", fields);
  return shape;
}

const Shape& shapeOf(const TriggerPage*) {
  using T = TriggerPage;
  static constexpr Field fields[] = {
      field<&T::triggers>("triggers", "Ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("TriggerPage", fields);
  return shape;
}

}  // namespace openfc::api
