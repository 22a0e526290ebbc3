"""Where each version of the SageMaker SDK keeps what the benchmarks need."""

MODULES = {
    "v2": {
        "s3": "sagemaker.s3",
        "context": "sagemaker.workflow.pipeline_context",
        "pipeline": "sagemaker.workflow.pipeline",
        "invoke": "sagemaker.remote_function.invoke_function",
        "serialization": "sagemaker.remote_function.core.serialization",
    },
    "v3": {
        "s3": "sagemaker.core.s3",
        "context": "sagemaker.core.workflow.pipeline_context",
        "pipeline": "sagemaker.mlops.workflow.pipeline",
        "invoke": "sagemaker.core.remote_function.invoke_function",
        "serialization": "sagemaker.core.remote_function.core.serialization",
    },
}
