"""The text that starts a job: verifies the code bundle, then runs it."""

from __future__ import annotations

# One element of ContainerEntrypoint: at most 256 characters, on one line.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
START_CODE = (
    "import os,sys,hashlib as h;s=sys.argv[1];"
    "z=os.getenv('SAGEMAKER_BASE_DIR','/opt/ml')+'/input/data/code/'+s+'.zip';"
    "h.sha256(open(z,'rb').read()).hexdigest()==s or sys.exit(z+': bad sha256');"
    "sys.path[0]=z;from _constructs_lib_runtime import main;main.main()"
)
