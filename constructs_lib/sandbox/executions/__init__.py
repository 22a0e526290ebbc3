"""Pipeline executions that really run: the SageMaker API in front, the local engine behind."""
