#include "model/eventbridge_config.h"

#include "base/error.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Rules;
using schema::Shape;
using schema::Support;

constexpr std::string_view notFired =
    "Kept for what fires triggers; the server fires none of this type.";
constexpr std::size_t maxPattern = 16u << 10;

constexpr std::string_view sourceTypes[] = {"Default",  "MNS",   "RocketMQ",
                                            "RabbitMQ", "Kafka", "DTS"};
constexpr std::string_view offsets[] = {"CONSUME_FROM_LAST_OFFSET", "CONSUME_FROM_FIRST_OFFSET",
                                        "CONSUME_FROM_TIMESTAMP"};
constexpr std::string_view resets[] = {"latest", "earliest"};
constexpr std::string_view modes[] = {"event-driven", "event-streaming"};
constexpr std::string_view schemas[] = {"CloudEvents", "RawData"};
constexpr std::string_view tolerances[] = {"ALL", "NONE"};
constexpr std::string_view strategies[] = {"BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"};

/// The rules of a member that is left out of JSON when clients have not sent it.
constexpr Rules asSent(Rules rules = {}) {
  rules.omitNull = true;
  rules.support = Support::recorded;
  rules.supportNote = notFired;
  return rules;
}

/// A name, an id or the like.
template <auto member>
consteval Field text(std::string_view name, std::string_view doc) {
  return field<member>(name, doc, asSent({.maxLength = 1024}));
}

std::string patternProblem(const std::string& pattern) {
  if (pattern.empty()) return "";
  try {
    if (schema::parseJson(pattern).is_object()) return "";
  } catch (const Error& error) {
    return "eventRuleFilterPattern: " + error.message();
  }
  return "eventRuleFilterPattern must be a JSON object";
}

}  // namespace

const Shape& shapeOf(const MnsQueueSource*) {
  using T = MnsQueueSource;
  static constexpr Field fields[] = {
      text<&T::regionId>("RegionId", "Region of the queue."),
      text<&T::queueName>("QueueName", "The queue."),
      field<&T::isBase64Decode>("IsBase64Decode", "Whether messages are decoded; absent = true.",
                                asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("MnsQueueSource", fields);
  return shape;
}

const Shape& shapeOf(const RocketMqSource*) {
  using T = RocketMqSource;
  static constexpr Field fields[] = {
      text<&T::regionId>("RegionId", "Region of the instance."),
      text<&T::instanceId>("InstanceId", "The instance."),
      text<&T::topic>("Topic", "The topic."),
      text<&T::tag>("Tag", "Only messages with this tag."),
      field<&T::offset>("Offset", "Where reading begins; absent = CONSUME_FROM_LAST_OFFSET.",
                        asSent({.oneOf = offsets})),
      field<&T::timestamp>("Timestamp", "Milliseconds since 1970, for CONSUME_FROM_TIMESTAMP.",
                           asSent({.min = 0})),
      text<&T::groupId>("GroupID", "The consumer group."),
  };
  static constexpr Shape shape = schema::shape<T>("RocketMqSource", fields);
  return shape;
}

const Shape& shapeOf(const RabbitMqSource*) {
  using T = RabbitMqSource;
  static constexpr Field fields[] = {
      text<&T::regionId>("RegionId", "Region of the instance."),
      text<&T::instanceId>("InstanceId", "The instance."),
      text<&T::virtualHostName>("VirtualHostName", "The virtual host."),
      text<&T::queueName>("QueueName", "The queue."),
  };
  static constexpr Shape shape = schema::shape<T>("RabbitMqSource", fields);
  return shape;
}

const Shape& shapeOf(const KafkaSource*) {
  using T = KafkaSource;
  static constexpr Field fields[] = {
      text<&T::regionId>("RegionId", "Region of the instance."),
      text<&T::instanceId>("InstanceId", "The instance."),
      text<&T::topic>("Topic", "The topic."),
      text<&T::consumerGroup>("ConsumerGroup", "The consumer group."),
      field<&T::offsetReset>("OffsetReset", "Where reading begins.", asSent({.oneOf = resets})),
      text<&T::network>("Network", "How the instance is reached."),
      text<&T::vpcId>("VpcId", "Its VPC."),
      text<&T::vSwitchIds>("VSwitchIds", "Its vSwitches."),
      text<&T::securityGroupId>("SecurityGroupId", "Its security group."),
      field<&T::extendConfig>("ExtendConfig", "Further settings.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("KafkaSource", fields);
  return shape;
}

const Shape& shapeOf(const EventSourceParameters*) {
  using T = EventSourceParameters;
  static constexpr Field fields[] = {
      field<&T::sourceMnsParameters>("sourceMNSParameters", "For type MNS.", asSent()),
      field<&T::sourceRocketMqParameters>("sourceRocketMQParameters", "For type RocketMQ.",
                                          asSent()),
      field<&T::sourceRabbitMqParameters>("sourceRabbitMQParameters", "For type RabbitMQ.",
                                          asSent()),
      field<&T::sourceKafkaParameters>("sourceKafkaParameters", "For type Kafka.", asSent()),
      field<&T::sourceDtsParameters>("sourceDTSParameters", "For type DTS.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("EventSourceParameters", fields);
  return shape;
}

const Shape& shapeOf(const EventSourceConfig*) {
  using T = EventSourceConfig;
  static constexpr Field fields[] = {
      field<&T::eventSourceType>("eventSourceType", "Where events come from.",
                                 {.required = true, .oneOf = sourceTypes}),
      field<&T::eventSourceParameters>("eventSourceParameters", "Settings of that source.",
                                       asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("EventSourceConfig", fields);
  return shape;
}

const Shape& shapeOf(const DeliveryOption*) {
  using T = DeliveryOption;
  static constexpr Field fields[] = {
      field<&T::mode>("mode", "Whether events come alone or in lists.", asSent({.oneOf = modes})),
      field<&T::eventSchema>("eventSchema", "Form of the event.", asSent({.oneOf = schemas})),
  };
  static constexpr Shape shape = schema::shape<T>("DeliveryOption", fields);
  return shape;
}

const Shape& shapeOf(const EventSinkConfig*) {
  using T = EventSinkConfig;
  static constexpr Field fields[] = {
      field<&T::deliveryOption>("deliveryOption", "How events are delivered.", asSent())};
  static constexpr Shape shape = schema::shape<T>("EventSinkConfig", fields);
  return shape;
}

const Shape& shapeOf(const RetryStrategy*) {
  using T = RetryStrategy;
  static constexpr Field fields[] = {
      field<&T::pushRetryStrategy>("PushRetryStrategy", "How failed pushes are repeated.",
                                   asSent({.oneOf = strategies})),
      field<&T::maximumEventAgeInSeconds>("MaximumEventAgeInSeconds", "Until when.",
                                          asSent({.min = 0})),
      field<&T::maximumRetryAttempts>("MaximumRetryAttempts", "How often.", asSent({.min = 0})),
  };
  static constexpr Shape shape = schema::shape<T>("RetryStrategy", fields);
  return shape;
}

const Shape& shapeOf(const DeadLetterQueue*) {
  using T = DeadLetterQueue;
  static constexpr Field fields[] = {
      text<&T::arn>("Arn", "ARN of the queue for events that nobody took.")};
  static constexpr Shape shape = schema::shape<T>("DeadLetterQueue", fields);
  return shape;
}

const Shape& shapeOf(const BatchWindow*) {
  using T = BatchWindow;
  static constexpr Field fields[] = {
      field<&T::countBasedWindow>("CountBasedWindow", "Events of a list at most.",
                                  asSent({.min = 1, .max = 10'000})),
      field<&T::timeBasedWindow>("TimeBasedWindow", "Seconds that a list is waited for.",
                                 asSent({.min = 0, .max = 15})),
  };
  static constexpr Shape shape = schema::shape<T>("BatchWindow", fields);
  return shape;
}

const Shape& shapeOf(const RunOptions*) {
  using T = RunOptions;
  static constexpr Field fields[] = {
      field<&T::mode>("mode", "Whether events come alone or in lists.", asSent({.oneOf = modes})),
      field<&T::maximumTasks>("maximumTasks", "Readers at a time.", asSent({.min = 1})),
      field<&T::errorsTolerance>("errorsTolerance", "Whether failures stop the stream.",
                                 asSent({.oneOf = tolerances})),
      field<&T::retryStrategy>("retryStrategy", "How failures are repeated.", asSent()),
      field<&T::deadLetterQueue>("deadLetterQueue", "Where events go that nobody took.", asSent()),
      field<&T::batchWindow>("batchWindow", "What makes up a list.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("RunOptions", fields);
  return shape;
}

const Shape& shapeOf(const EventBridgeTriggerConfig*) {
  using T = EventBridgeTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::triggerEnable>("triggerEnable", "Whether it fires; absent = true.", asSent()),
      field<&T::asyncInvocationType>("asyncInvocationType", "Whether calls are asynchronous.",
                                     asSent()),
      field<&T::eventRuleFilterPattern>(
          "eventRuleFilterPattern", "Which events: the text of a JSON object.",
          asSent({.maxLength = maxPattern, .check = checkedBy<&patternProblem>})),
      field<&T::eventSourceConfig>("eventSourceConfig", "Where events come from.",
                                   {.required = true}),
      field<&T::eventSinkConfig>("eventSinkConfig", "How events are delivered.", asSent()),
      field<&T::runOptions>("runOptions", "How events are read and repeated.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("EventBridgeTriggerConfig", fields);
  return shape;
}

}  // namespace openfc::model
