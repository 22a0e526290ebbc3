"""Executions of deployed pipelines, over boto3: in an account or in the sandbox alike."""
