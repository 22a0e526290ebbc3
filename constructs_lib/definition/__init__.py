"""From the model to the definition JSON that SageMaker Pipelines reads. Pure; tokens are opaque."""
