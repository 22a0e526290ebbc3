"""EventBridge schedules that fire."""
