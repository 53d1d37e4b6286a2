"""The service object that the operations register with."""

from oficina.services.service import Service

metrics = Service("sagemaker-metrics", scopes=("sagemaker",), protocol="rest-json")
