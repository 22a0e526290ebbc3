"""What the SageMaker API accepts, by the service's own model. Pure."""
