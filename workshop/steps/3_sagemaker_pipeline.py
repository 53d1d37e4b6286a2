# %% [markdown] lang="pt"
# # 3. Um pipeline
#
# **Meta:** um pipeline que prepara, treina, julga e registra sozinho, e que não repete o que já fez.
#
# ![](../pictures/3_sagemaker_pipeline.svg)
#
# No passo 2 você rodou cada job à mão, na ordem certa. Aqui a ordem fica escrita, e o serviço a segue.
# O código é o mesmo `project/`; novo é só `project/check.py`, que roda os testes do projeto dentro de um job.
# %% [markdown] lang="en"
# # 3. A pipeline
#
# **Goal:** a pipeline that prepares, trains, judges and registers by itself, and does not repeat what it has done.
#
# ![](../pictures/3_sagemaker_pipeline.svg)
#
# In step 2 you ran each job by hand, in the right order. Here the order is written down, and the service follows it.
# The code is the same `project/`; new is only `project/check.py`, which runs the project's tests inside a job.
# %%
import sys

sys.path.insert(0, "..")

import matplotlib.pyplot as plt
import pandas as pd

from project import FOLDER, evaluate, look, train
from project.places import INSIDE, flags, source, target
from project.start import start

world = start("3")
world.data_url
# %% [markdown] lang="pt"
# ## 3.1 Parâmetros
#
# O que muda de uma execução para outra é um parâmetro: tem nome, tipo e valor padrão.
# O lugar das saídas (`here`) leva o nome da execução: duas execuções nunca escrevem na mesma pasta.
# Com uma `PipelineSession`, `run` e `train` não fazem nada agora: só anotam o que pedir depois.
# %% [markdown] lang="en"
# ## 3.1 Parameters
#
# What changes from one execution to the next is a parameter: it has a name, a type and a default.
# The place of outputs (`here`) has the name of the execution: two executions never write into the same folder.
# With a `PipelineSession`, `run` and `train` do nothing now: they only note what to ask for later.
# %%
from sagemaker.core import image_uris
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.steps import CacheConfig

depth = ParameterInteger(name="MaxDepth", default_value=train.HYPERPARAMETERS["max_depth"])
threshold = ParameterFloat(name="Threshold", default_value=0.75)
approval = ParameterString(name="Approval", default_value="PendingManualApproval")
session = PipelineSession(boto_session=world.session.boto_session, default_bucket=world.bucket)
common = {"role": world.role, "sagemaker_session": session}
machine = {"instance_type": "ml.m5.xlarge", "instance_count": 1}
here = [world.url, "pipeline", ExecutionVariables.PIPELINE_EXECUTION_ID]
cache = {"cache_config": CacheConfig(enable_caching=True, expire_after="P30d")}
# %% [markdown] lang="pt"
# ## 3.2 Preparar e treinar
#
# Um passo usa as propriedades de outro (`properties`): a propriedade ainda não tem valor, e é dela que vem a ordem.
# %% [markdown] lang="en"
# ## 3.2 Prepare and train
#
# A step uses the properties of another (`properties`): a property has no value yet, and the order comes from it.
# %%
from sagemaker.mlops.workflow.steps import ProcessingStep

names = ("train", "validation", "test", "baseline")
sklearn = image_uris.retrieve("sklearn", world.region, version="1.4-2")
processor = FrameworkProcessor(image_uri=sklearn, base_job_name="preprocess", **common, **machine)
preprocess = ProcessingStep(
    name="Preprocess", **cache,
    step_args=processor.run(
        code="preprocess.py", source_dir=FOLDER,
        inputs=[source("clients", world.data_url)],
        outputs=[target(name, Join("/", [*here, name])) for name in names],
        arguments=["--input", f"{INSIDE}/input/clients", "--output", f"{INSIDE}/output"],
    ),
)
made = preprocess.properties.ProcessingOutputConfig.Outputs
urls = {name: made[name].S3Output.S3Uri for name in names}
# %%
from sagemaker.mlops.workflow.steps import TrainingStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

xgboost = image_uris.retrieve("xgboost", world.region, version="3.0-5")
hyperparameters = train.HYPERPARAMETERS | {"max_depth": depth, "num_round": train.ROUNDS}
trainer = ModelTrainer(
    training_image=xgboost, hyperparameters=hyperparameters, base_job_name="train", **common,
    source_code=SourceCode(source_dir=FOLDER, entry_script="train.py"), compute=Compute(**machine),
)
channels = [
    InputData(channel_name=name, data_source=urls[name], content_type="text/csv")
    for name in ("train", "validation")
]
training = TrainingStep(name="Train", step_args=trainer.train(input_data_config=channels), **cache)
model_url = training.properties.ModelArtifacts.S3ModelArtifacts
# %% [markdown] lang="pt"
# ## 3.3 Julgar
#
# Dois juízes, que trabalham ao mesmo tempo. `evaluate.py` dá um número: a AUC nos dados de teste.
# `check.py` roda o `pytest`: os dados são o que devem ser? O modelo se comporta como deve, seja qual for a AUC?
# Um `PropertyFile` é um documento JSON que uma condição pode ler.
# %% [markdown] lang="en"
# ## 3.3 Judge
#
# Two judges, who work at the same time. `evaluate.py` gives a number: the AUC on the test data.
# `check.py` runs `pytest`: is the data what it must be? Does the model behave as it must, whatever its AUC?
# A `PropertyFile` is a JSON document that a condition can read.
# %%
from sagemaker.core.workflow.properties import PropertyFile

judges, files = {}, {}
for program, document, given, wanted in (
    ("evaluate", "evaluation.json", {"test": urls["test"]}, None),
    ("check", "tests.json", {"clients": world.data_url}, "tests/requirements.txt"),
):
    given = given | {"model": model_url}
    judge = FrameworkProcessor(image_uri=xgboost, base_job_name=program, **common, **machine)
    ask = judge.run(
        f"{program}.py", FOLDER, arguments=flags(given, program), requirements=wanted,
        inputs=[source(name, url) for name, url in given.items()],
        outputs=[target(program, Join("/", [*here, program]))],
    )
    files[program] = PropertyFile(name=program, output_name=program, path=document)
    judges[program] = ProcessingStep(program.title(), ask, property_files=[files[program]], **cache)
# %% [markdown] lang="pt"
# ## 3.4 Registrar e pontuar
#
# Um modelo bom vira uma versão no registro de modelos, com as suas medidas, e espera que alguém a aprove.
# E pontua todos os clientes do teste em lote: `$[1:]` tira o rótulo antes de perguntar; `$[0,-1]` devolve rótulo e nota.
# %% [markdown] lang="en"
# ## 3.4 Register and score
#
# A good model becomes a version in the model registry, with its figures, and waits for somebody to approve it.
# And it scores all clients of the test part in a batch: `$[1:]` takes the label away before asking; `$[0,-1]` gives label and score.
# %%
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.serve import ModelBuilder

GROUP = "course-bank"
builder = ModelBuilder(
    s3_model_data_url=model_url, image_uri=xgboost, role_arn=world.role, sagemaker_session=session
)
output = judges["evaluate"].properties.ProcessingOutputConfig.Outputs["evaluate"]
url = Join("/", [output.S3Output.S3Uri, "evaluation.json"])
report = ModelMetrics(MetricsSource("application/json", url))
ask = builder.register(
    model_package_group_name=GROUP, approval_status=approval, model_metrics=report,
    content_types=["text/csv"], response_types=["text/csv"], inference_instances=["ml.m5.large"],
)
register = ModelStep("Register", ask)
# %%
from sagemaker.core.transformer import Transformer
from sagemaker.mlops.workflow.steps import TransformStep

create = ModelStep("Create", builder.build())
transformer = Transformer(
    model_name=create.properties.ModelName, **machine, assemble_with="Line", accept="text/csv",
    strategy="MultiRecord", output_path=Join("/", [*here, "scores"]), sagemaker_session=session,
)
ask = transformer.transform(
    urls["test"], content_type="text/csv", split_type="Line",
    input_filter="$[1:]", join_source="Input", output_filter="$[0,-1]",
)
score = TransformStep("Score", ask)
# %% [markdown] lang="pt"
# ## 3.5 Decidir
#
# Os passos de um ramo que não é tomado não existem nesta execução. Se o modelo não presta, o pipeline falha e diz por quê.
# %% [markdown] lang="en"
# ## 3.5 Decide
#
# The steps of a branch that is not taken do not exist in that execution. If the model is no good, the pipeline fails and says why.
# %%
from sagemaker.core.workflow.conditions import ConditionEquals, ConditionGreaterThanOrEqualTo
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

auc = JsonGet("Evaluate", files["evaluate"], "binary_classification_metrics.auc.value")
failed = JsonGet("Check", files["check"], "failed")
fail = FailStep("Poor", Join(" ", ["AUC", auc, "<", threshold, "or tests failed:", failed]))
good = [ConditionGreaterThanOrEqualTo(auc, threshold), ConditionEquals(failed, 0)]
then = [register, create, score]
decide = ConditionStep("Decide", conditions=good, if_steps=then, else_steps=[fail])
pipeline = Pipeline(
    "course-bank", parameters=[depth, threshold, approval], sagemaker_session=session,
    steps=[preprocess, training, *judges.values(), decide],
)
pipeline.upsert(role_arn=world.role)["PipelineArn"]
# %% [markdown] lang="pt"
# ## 3.6 Rodar
#
# Cada barra é um passo. *Evaluate* e *Check* correm lado a lado: nenhum precisa do outro.
# %% [markdown] lang="en"
# ## 3.6 Run
#
# Each bar is a step. *Evaluate* and *Check* run side by side: neither needs the other.
# %%
first = pipeline.start()
first.wait(delay=1, max_attempts=1800)
folder = f"{world.url}/pipeline/{first.arn.split('/')[-1]}"
steps = look.steps(first)
figure, axis = plt.subplots(figsize=(9, 3.2), constrained_layout=True)
axis.barh(steps.index, steps["ended"] - steps["begun"], left=steps["begun"], color="#2a6f97")
axis.set(xlabel="s")
axis.invert_yaxis()
plt.show()
steps
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 3.1** Que nota deram os juízes? Leia os dois documentos em `folder` com `look.read_json`:
# `evaluate/evaluation.json` na variável `evaluation` e `check/tests.json` na variável `tests`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 3.1** What did the judges say? Read the two documents in `folder` with `look.read_json`:
# `evaluate/evaluation.json` into the variable `evaluation` and `check/tests.json` into the variable `tests`.
# %% tags=["solution"]
evaluation = look.read_json(world, f"{folder}/evaluate/evaluation.json")
tests = look.read_json(world, f"{folder}/check/tests.json")
# %% tags=["check"]
assert tests["tests"] > 15, tests
assert tests["failed"] == 0, tests
assert evaluation["binary_classification_metrics"]["auc"]["value"] > 0.75, evaluation
evaluation | tests
# %% [markdown] lang="pt"
# ## 3.7 De novo, quase igual
#
# Árvores mais rasas, e mais nada. Um passo cujos argumentos não mudaram não roda: seu resultado vem do *cache* (`CacheHitResult`).
# *Preprocess* vem de lá. *Train* não, pois `max_depth` é um dos seus argumentos; e quem depende dele recebe outro modelo e também roda.
# A última tabela mostra por quê: o que *Train* pediu de diferente. Aqui o terminal também o diz, com `oficina pipelines why EXECUTION STEP`.
# %% [markdown] lang="en"
# ## 3.7 Again, nearly the same
#
# Shallower trees, and nothing else. A step whose arguments have not changed does not run: its result comes from the *cache* (`CacheHitResult`).
# *Preprocess* comes from there. *Train* does not, since `max_depth` is one of its arguments; and what depends on it gets another model and runs too.
# The last table shows why: what *Train* asked for differently. Here the terminal says it too, with `oficina pipelines why EXECUTION STEP`.
# %%
from IPython.display import display

second = pipeline.start(parameters={"MaxDepth": 3})
second.wait(delay=1, max_attempts=1800)
again = look.steps(second)
assert list(again.index[again["cached"] != ""]) == ["Preprocess"]
values = {}
for name, run in (("first", first), ("second", second)):
    answer = session.sagemaker_client.list_pipeline_parameters_for_execution(
        PipelineExecutionArn=run.arn
    )
    values[name] = {item["Name"]: item["Value"] for item in answer["PipelineParameters"]}
display(pd.DataFrame(values), again, look.changed(world, first, second, "Train"))
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 3.2** O banco fica exigente: peça uma AUC de 0,9 (`Threshold`). Espere o fim (o `wait` do SDK levanta uma exceção
# quando a execução falha) e ponha a descrição da execução (`describe()`) em `refused`. Que passos vieram do cache?
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 3.2** The bank becomes demanding: ask for an AUC of 0.9 (`Threshold`). Wait for the end (the SDK's `wait` raises
# when the execution fails) and put the description of the execution (`describe()`) into `refused`. Which steps came from the cache?
# %% tags=["solution"]
from botocore.exceptions import WaiterError

third = pipeline.start(parameters={"Threshold": 0.9})
try:
    third.wait(delay=1, max_attempts=1800)
except WaiterError as error:
    print(error.kwargs["reason"])
refused = third.describe()
# %% tags=["check"]
assert refused["PipelineExecutionStatus"] == "Failed", refused["PipelineExecutionStatus"]
assert all(look.steps(third).loc[["Preprocess", "Train", "Evaluate", "Check"], "cached"])
assert "0.7" in refused["FailureReason"], refused["FailureReason"]
refused["FailureReason"]
# %% [markdown] lang="pt"
# ## O que aconteceu de verdade
#
# Cada passo foi um job como os do passo 2, pedido pelo serviço em vez de por você, assim que o que ele precisa existia.
# Ficaram duas versões no registro (uma por execução boa), um arquivo com a nota de cada cliente, e a pasta de cada job.
# %% [markdown] lang="en"
# ## What really happened
#
# Each step was a job like those of step 2, asked for by the service instead of by you, as soon as what it needs was there.
# Left are two versions in the registry (one per good execution), a file with the score of each client, and the folder of each job.
# %%
from project.behind import behind

sagemaker = world.client("sagemaker")
question = {"ModelPackageGroupName": GROUP, "SortOrder": "Descending"}
found = sagemaker.list_model_packages(**question)["ModelPackageSummaryList"]
versions = pd.DataFrame(found)[["ModelPackageVersion", "ModelApprovalStatus", "CreationTime"]]
folder = f"{world.url}/pipeline/{second.arn.split('/')[-1]}"
scored = pd.read_csv(f"{folder}/scores/test.csv.out", header=None)
measured = evaluate.auc(scored[0].to_numpy(), scored[1].to_numpy())
assert len(scored) == 4_119
display(versions, scored.describe().round(3), behind("jobs", inside="*/hosts/*/*"))
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 3.3** Aprove a versão mais nova do grupo `GROUP` com `update_model_package` e ponha o seu ARN em `approved`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 3.3** Approve the newest version of the group `GROUP` with `update_model_package` and put its ARN into `approved`.
# %% tags=["solution"]
approved = found[0]["ModelPackageArn"]
why = f"AUC {measured:.3f}"
sagemaker.update_model_package(
    ModelPackageArn=approved, ModelApprovalStatus="Approved", ApprovalDescription=why
)["ModelPackageArn"]
# %% tags=["check"]
package = sagemaker.describe_model_package(ModelPackageName=approved)
assert package["ModelApprovalStatus"] == "Approved", package["ModelApprovalStatus"]
package["ModelPackageVersion"], package["ApprovalDescription"]
# %% [markdown] lang="pt"
# ## Na AWS seria diferente
#
# | aqui | na AWS |
# |---|---|
# | o pipeline inteiro leva segundos | dez a quinze minutos: cada passo espera a sua máquina |
# | o cache compara os argumentos de um passo | também; o programa muda de endereço quando o SDK o envia de novo, e então não há acerto |
# | um passo que não veio do cache diz por quê no terminal | você compara as execuções no console do Studio |
# | o `pytest` é instalado uma vez e guardado | é instalado em cada job |
# | ainda não há *Feature Store* nem `QualityCheck` neste passo | o curso original os usa aqui |
#
# ## Limpeza
#
# Um pipeline parado não custa nada, e as versões ficam para os próximos passos. Saem os modelos que as execuções criaram para pontuar.
# %% [markdown] lang="en"
# ## On AWS this would differ
#
# | here | on AWS |
# |---|---|
# | the whole pipeline takes seconds | ten to fifteen minutes: each step waits for its machine |
# | the cache compares the arguments of a step | the same; the program gets another address when the SDK sends it again, and then there is no hit |
# | a step that did not come from the cache tells why in the terminal | you compare the executions in Studio's console |
# | `pytest` is installed once and kept | it is installed in each job |
# | there is no *Feature Store* and no `QualityCheck` in this step yet | the original course uses them here |
#
# ## Clean-up
#
# A pipeline at rest costs nothing, and the versions stay for the next steps. The models that the executions made for scoring go.
# %% tags=["figures"]
for run in (first, second):
    for step in run.list_steps():
        if "Model" in step["Metadata"]:
            sagemaker.delete_model(ModelName=step["Metadata"]["Model"]["Arn"].split("/")[-1])
found = sagemaker.list_model_packages(**question)["ModelPackageSummaryList"]
{
    "tests": tests["tests"],
    "failed": tests["failed"],
    "executions": [round(float(look.steps(run)["ended"].max()), 1) for run in (first, second)],
    "auc of the second": round(measured, 4),
    "from the cache": list(again.index[again["cached"] != ""]),
    "versions": {made["ModelPackageVersion"]: made["ModelApprovalStatus"] for made in found},
}
