"""Measurements of this library, beside the SageMaker SDK and plain CDK."""
