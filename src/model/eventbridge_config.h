#pragma once

#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What `triggerConfig` holds for eventbridge triggers (runtime-contract 5.11).
namespace openfc::model {

struct MnsQueueSource {
  std::optional<std::string> regionId;
  std::optional<std::string> queueName;
  std::optional<bool> isBase64Decode;
  bool operator==(const MnsQueueSource&) const = default;
};

struct RocketMqSource {
  std::optional<std::string> regionId;
  std::optional<std::string> instanceId;
  std::optional<std::string> topic;
  std::optional<std::string> tag;
  std::optional<std::string> offset;
  std::optional<std::int64_t> timestamp;
  std::optional<std::string> groupId;
  bool operator==(const RocketMqSource&) const = default;
};

struct RabbitMqSource {
  std::optional<std::string> regionId;
  std::optional<std::string> instanceId;
  std::optional<std::string> virtualHostName;
  std::optional<std::string> queueName;
  bool operator==(const RabbitMqSource&) const = default;
};

struct KafkaSource {
  std::optional<std::string> regionId;
  std::optional<std::string> instanceId;
  std::optional<std::string> topic;
  std::optional<std::string> consumerGroup;
  std::optional<std::string> offsetReset;
  std::optional<std::string> network;
  std::optional<std::string> vpcId;
  std::optional<std::string> vSwitchIds;
  std::optional<std::string> securityGroupId;
  std::optional<schema::Json> extendConfig;
  bool operator==(const KafkaSource&) const = default;
};

struct EventSourceParameters {
  std::optional<MnsQueueSource> sourceMnsParameters;
  std::optional<RocketMqSource> sourceRocketMqParameters;
  std::optional<RabbitMqSource> sourceRabbitMqParameters;
  std::optional<KafkaSource> sourceKafkaParameters;
  std::optional<schema::Json> sourceDtsParameters;
  bool operator==(const EventSourceParameters&) const = default;
};

struct EventSourceConfig {
  std::string eventSourceType;
  std::optional<EventSourceParameters> eventSourceParameters;
  bool operator==(const EventSourceConfig&) const = default;
};

struct DeliveryOption {
  std::optional<std::string> mode;
  std::optional<std::string> eventSchema;
  bool operator==(const DeliveryOption&) const = default;
};

struct EventSinkConfig {
  std::optional<DeliveryOption> deliveryOption;
  bool operator==(const EventSinkConfig&) const = default;
};

struct RetryStrategy {
  std::optional<std::string> pushRetryStrategy;
  std::optional<std::int64_t> maximumEventAgeInSeconds;
  std::optional<std::int64_t> maximumRetryAttempts;
  bool operator==(const RetryStrategy&) const = default;
};

struct DeadLetterQueue {
  std::optional<std::string> arn;
  bool operator==(const DeadLetterQueue&) const = default;
};

struct BatchWindow {
  std::optional<int> countBasedWindow;
  std::optional<int> timeBasedWindow;  // seconds
  bool operator==(const BatchWindow&) const = default;
};

struct RunOptions {
  std::optional<std::string> mode;
  std::optional<int> maximumTasks;
  std::optional<std::string> errorsTolerance;
  std::optional<RetryStrategy> retryStrategy;
  std::optional<DeadLetterQueue> deadLetterQueue;
  std::optional<BatchWindow> batchWindow;
  bool operator==(const RunOptions&) const = default;
};

struct EventBridgeTriggerConfig {
  std::optional<bool> triggerEnable;
  std::optional<bool> asyncInvocationType;
  std::optional<std::string> eventRuleFilterPattern;  // a JSON text
  EventSourceConfig eventSourceConfig;
  std::optional<EventSinkConfig> eventSinkConfig;
  std::optional<RunOptions> runOptions;
  bool operator==(const EventBridgeTriggerConfig&) const = default;

  bool enabled() const { return triggerEnable.value_or(true); }
};

const schema::Shape& shapeOf(const MnsQueueSource*);
const schema::Shape& shapeOf(const RocketMqSource*);
const schema::Shape& shapeOf(const RabbitMqSource*);
const schema::Shape& shapeOf(const KafkaSource*);
const schema::Shape& shapeOf(const EventSourceParameters*);
const schema::Shape& shapeOf(const EventSourceConfig*);
const schema::Shape& shapeOf(const DeliveryOption*);
const schema::Shape& shapeOf(const EventSinkConfig*);
const schema::Shape& shapeOf(const RetryStrategy*);
const schema::Shape& shapeOf(const DeadLetterQueue*);
const schema::Shape& shapeOf(const BatchWindow*);
const schema::Shape& shapeOf(const RunOptions*);
const schema::Shape& shapeOf(const EventBridgeTriggerConfig*);

}  // namespace openfc::model
