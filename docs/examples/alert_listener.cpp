// Copyright 2026 mask_proximity contributors
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdlib>
#include <memory>

#include <mask_proximity/msg/proximity_alert.hpp>
#include <rclcpp/rclcpp.hpp>

using mask_proximity::msg::ProximityAlert;

class AlertListener : public rclcpp::Node
{
public:
  AlertListener() : Node("alert_listener")
  {
    subscription_ = create_subscription<ProximityAlert>(
      "alert", rclcpp::QoS(1).reliable().transient_local(),
      [this](ProximityAlert::ConstSharedPtr alert) {
        alert_ = alert;
        arrived_ = std::chrono::steady_clock::now();
      });
    timer_ = create_wall_timer(std::chrono::milliseconds(100), [this] {act();});
  }

private:
  uint8_t level()
  {
    if (!alert_ || alert_->level > ProximityAlert::ALERT) {return ProximityAlert::UNKNOWN;}
    const auto published = rclcpp::Time(alert_->header.stamp) + rclcpp::Duration(alert_->latency);
    const auto age = std::abs((now() - published).nanoseconds());
    // A simulated clock may stand still, and then nothing expires by it.
    const std::chrono::nanoseconds silence = std::chrono::steady_clock::now() - arrived_;
    const auto valid_for = rclcpp::Duration(alert_->valid_for).nanoseconds();
    const bool valid = age <= valid_for && silence.count() <= valid_for;
    return valid ? alert_->level : ProximityAlert::UNKNOWN;
  }

  void act()  // On a timer, not in the callback: a detector that has crashed sends no message.
  {
    RCLCPP_INFO_THROTTLE(get_logger(), *get_clock(), 1000, "level %d", level());
  }

  ProximityAlert::ConstSharedPtr alert_;
  std::chrono::steady_clock::time_point arrived_;
  rclcpp::Subscription<ProximityAlert>::SharedPtr subscription_;
  rclcpp::TimerBase::SharedPtr timer_;
};

int main(int argc, char ** argv)
{
  rclcpp::init(argc, argv);
  rclcpp::spin(std::make_shared<AlertListener>());
  rclcpp::shutdown();
}
