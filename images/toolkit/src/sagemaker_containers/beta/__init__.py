"""The few names of AWS's retired ``sagemaker-containers`` that serving scripts still import."""
