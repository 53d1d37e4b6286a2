"""The few names of AWS's retired ``sagemaker-containers`` that training and serving scripts still import."""
