# %% [markdown] lang="pt"
# # 2. Contêineres do SageMaker
#
# **Meta:** levar o mesmo código do notebook para jobs: preparar, treinar de dois modos, servir e medir.
#
# ![](../pictures/2_sagemaker_containers.svg)
#
# O código não mora neste notebook: `project/preprocess.py`, `project/train.py` e `project/evaluate.py` são módulos comuns,
# com testes. Abra-os ao lado. O notebook só diz *onde* eles rodam.
# %% [markdown] lang="en"
# # 2. SageMaker containers
#
# **Goal:** to take the notebook's own code into jobs: prepare, train in two ways, serve and measure.
#
# ![](../pictures/2_sagemaker_containers.svg)
#
# The code does not live in this notebook: `project/preprocess.py`, `project/train.py` and `project/evaluate.py` are ordinary
# modules, with tests. Open them beside it. The notebook only says *where* they run.
# %%
import sys

sys.path.insert(0, "..")

import matplotlib.pyplot as plt
import pandas as pd

from project import FOLDER, evaluate, look, train
from project.start import start

world = start("2")
world.data_url
# %% [markdown] lang="pt"
# ## 2.1 Prepare em um job de processamento
#
# Uma imagem (scikit-learn), um programa (`preprocess.py`), entradas que aparecem como pastas e saídas que voltam ao S3.
# %% [markdown] lang="en"
# ## 2.1 Prepare in a processing job
#
# An image (scikit-learn), a program (`preprocess.py`), inputs that show up as folders and outputs that go back to S3.
# %%
from sagemaker.core import image_uris, shapes
from sagemaker.core.processing import FrameworkProcessor

INSIDE = "/opt/ml/processing"
names = ("train", "validation", "test", "baseline")
prepared = {part: f"{world.url}/prepared/{part}" for part in names}
entry = shapes.ProcessingS3Input(
    s3_uri=world.data_url, local_path=f"{INSIDE}/input/clients",
    s3_data_type="S3Prefix", s3_input_mode="File",
)
outputs = []
for part, url in prepared.items():
    place = shapes.ProcessingS3Output(
        s3_uri=url, local_path=f"{INSIDE}/output/{part}", s3_upload_mode="EndOfJob"
    )
    outputs.append(shapes.ProcessingOutput(output_name=part, s3_output=place))
# %%
processor = FrameworkProcessor(
    image_uri=image_uris.retrieve("sklearn", world.region, version="1.4-2"),
    role=world.role, instance_type="ml.m5.xlarge", instance_count=1,
    base_job_name="bank-preprocess", sagemaker_session=world.session,
)
processor.run(
    code="preprocess.py", source_dir=FOLDER,
    inputs=[shapes.ProcessingInput(input_name="clients", s3_input=entry)],
    outputs=outputs,
    arguments=["--input", f"{INSIDE}/input/clients", "--output", f"{INSIDE}/output"],
    wait=False, logs=False,
)
processor.latest_job.wait(poll=2)
look.log(world, processor.latest_job, like="rows x")
# %% [markdown] lang="pt"
# As três partes estão no S3, sem cabeçalho e com o rótulo na primeira coluna, como o XGBoost do SageMaker as quer.
# Das 21 colunas saíram `duration` (só se conhece depois) e cinco da economia; as palavras viraram colunas de 0 e 1.
# %% [markdown] lang="en"
# The three parts are in S3, without a header and with the label in the first column, as SageMaker's XGBoost wants them.
# Out of the 21 columns went `duration` (known only afterwards) and five of the economy; words became columns of 0 and 1.
# %%
parts = {
    name: pd.read_csv(f"{prepared[name]}/{name}.csv", header=None)
    for name in ("train", "validation", "test")
}
columns = pd.read_json(f"{prepared['baseline']}/columns.json", typ="series").tolist()
assert [part.shape for part in parts.values()] == [(28_831, 65), (8_238, 65), (4_119, 65)]
pd.DataFrame({name: part.shape for name, part in parts.items()}, index=["rows", "columns"])
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2.1** As partes foram cortadas ao acaso. São parecidas? Ponha em `shares` a parte de *sim* de cada uma
# (um dicionário de nome para número; o rótulo é a coluna `0`).
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2.1** The parts were cut at random. Are they alike? Put into `shares` the share of *yes* of each
# (a dictionary from name to number; the label is column `0`).
# %% tags=["solution"]
shares = {name: part[0].mean() for name, part in parts.items()}
# %% tags=["check"]
assert set(shares) == {"train", "validation", "test"}
assert max(shares.values()) - min(shares.values()) < 0.02, shares
pd.Series(shares).round(4)
# %% [markdown] lang="pt"
# ## 2.2 Treine: o seu programa na imagem deles
#
# *Modo script*: a imagem traz o XGBoost, você traz `train.py`. Os hiperparâmetros chegam como argumentos,
# as pastas como variáveis (`SM_CHANNEL_TRAIN`, `SM_MODEL_DIR`). Uma métrica é uma expressão regular sobre o log.
# %% [markdown] lang="en"
# ## 2.2 Train: your program in their image
#
# *Script mode*: the image brings XGBoost, you bring `train.py`. Hyper-parameters arrive as arguments,
# folders as variables (`SM_CHANNEL_TRAIN`, `SM_MODEL_DIR`). A metric is a regular expression over the log.
# %%
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, SourceCode

common = {
    "training_image": image_uris.retrieve("xgboost", world.region, version="3.0-5"),
    "role": world.role, "sagemaker_session": world.session,
    "compute": Compute(instance_type="ml.m5.xlarge", instance_count=1),
    "output_data_config": OutputDataConfig(s3_output_path=f"{world.url}/models"),
    "hyperparameters": train.HYPERPARAMETERS | {"num_round": train.ROUNDS},
    "input_data_config": [
        InputData(channel_name=name, data_source=prepared[name], content_type="text/csv")
        for name in ("train", "validation")
    ],
}
# %%
script = ModelTrainer(
    base_job_name="bank-script", **common,
    source_code=SourceCode(source_dir=FOLDER, entry_script="train.py"),
).with_metric_definitions(
    [
        shapes.MetricDefinition(name=f"{part}:auc", regex=rf"{part}-auc:([0-9.]+)")
        for part in ("train", "validation")
    ]
)
script.train()
look.log(world, script._latest_training_job, like=r"^\[\d*9\]|^saved")
# %% [markdown] lang="pt"
# ## 2.3 Treine: só a imagem deles
#
# *Modo algoritmo*: nenhum código seu. A imagem lê os canais `train` e `validation`, confere os hiperparâmetros
# e já traz as definições das métricas. O gráfico vem das linhas do log: uma por rodada.
# %% [markdown] lang="en"
# ## 2.3 Train: their image alone
#
# *Algorithm mode*: no code of yours. The image reads the channels `train` and `validation`, checks the hyper-parameters
# and brings the definitions of the metrics. The plot comes from the lines of the log: one per round.
# %%
algorithm = ModelTrainer(base_job_name="bank-algorithm", **common)
algorithm.train()

jobs = {"script": script._latest_training_job, "algorithm": algorithm._latest_training_job}
figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), sharey=True, constrained_layout=True)
for axis, (mode, job) in zip(axes, jobs.items(), strict=True):
    curves = look.curves(world, job)
    for part, colour in (("train", "#2a6f97"), ("validation", "#d1495b")):
        axis.plot(curves[part], color=colour, label=part)
    axis.set(title=mode, xlabel="round", ylabel="AUC", ylim=(0.7, 0.8))
    axis.legend(loc="lower right")
plt.show()
pd.DataFrame({mode: look.final(job) for mode, job in jobs.items()}).round(4)
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2.2** Treine mais uma vez no modo algoritmo, com árvores de profundidade 2 (`max_depth`),
# e ponha o job em `shallow`. O que acontece com a distância entre `train` e `validation`?
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2.2** Train once more in algorithm mode, with trees of depth 2 (`max_depth`),
# and put the job into `shallow`. What happens to the distance between `train` and `validation`?
# %% tags=["solution"]
changed = common | {"hyperparameters": common["hyperparameters"] | {"max_depth": 2}}
trainer = ModelTrainer(base_job_name="bank-shallow", **changed)
trainer.train()
shallow = trainer._latest_training_job
# %% tags=["check"]
assert shallow.hyper_parameters["max_depth"] == "2", shallow.hyper_parameters
gaps = {
    name: look.final(job)["train:auc"] - look.final(job)["validation:auc"]
    for name, job in (jobs | {"shallow": shallow}).items()
}
assert gaps["shallow"] < gaps["algorithm"], gaps
pd.Series(gaps).round(4)
# %% [markdown] lang="pt"
# ## 2.4 Olhe o modelo
#
# O que o job deixou em `/opt/ml/model` virou `model.tar.gz`. Dentro há um arquivo, `xgboost-model`: árvores, e nada mais.
# %% [markdown] lang="en"
# ## 2.4 Look at the model
#
# What the job left in `/opt/ml/model` became `model.tar.gz`. In it is one file, `xgboost-model`: trees, and nothing else.
# %%
model_url = jobs["script"].model_artifacts.s3_model_artifacts
booster = look.model(world, model_url)
gains = pd.Series(booster.get_score(importance_type="total_gain"))
gains.index = [columns[int(name[1:]) + 1] for name in gains.index]
best = (gains / gains.sum()).sort_values().tail(12)
figure, axis = plt.subplots(figsize=(8, 3.8), constrained_layout=True)
axis.barh(best.index, best, color="#2a6f97")
axis.set(xlabel="total_gain")
plt.show()
print(f"{booster.num_boosted_rounds()} trees, {booster.num_features()} features")
# %% [markdown] lang="pt"
# ## 2.5 Sirva
#
# Um modelo (imagem + `model.tar.gz`), uma configuração (que máquinas) e um *endpoint* (o endereço que responde).
# %% [markdown] lang="en"
# ## 2.5 Serve
#
# A model (image + `model.tar.gz`), a configuration (which machines) and an endpoint (the address that answers).
# %%
from sagemaker.core.resources import Endpoint, EndpointConfig, Model

name = world.unique("course-bank")
container = shapes.ContainerDefinition(image=common["training_image"], model_data_url=model_url)
model = Model.create(model_name=name, primary_container=container, execution_role_arn=world.role)
variant = shapes.ProductionVariant(
    variant_name="all", model_name=name, initial_instance_count=1, instance_type="ml.m5.large",
)
config = EndpointConfig.create(endpoint_config_name=name, production_variants=[variant])
endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
endpoint.wait_for_status("InService", poll=1)
endpoint.endpoint_status
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2.3** Peça a resposta para os três primeiros clientes do teste em JSON (`accept="application/json"`)
# e ponha o texto, já lido com `json.loads`, em `answer`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2.3** Ask for the answer for the first three clients of the test part in JSON (`accept="application/json"`)
# and put the text, read with `json.loads`, into `answer`.
# %% tags=["solution"]
import json

three = parts["test"].iloc[:3, 1:].to_csv(index=False, header=False)
reply = endpoint.invoke(body=three, content_type="text/csv", accept="application/json")
answer = json.loads(reply.body.read())
# %% tags=["check"]
assert len(answer["predictions"]) == 3, answer
assert all(0 < prediction["score"] < 1 for prediction in answer["predictions"])
answer
# %% [markdown] lang="pt"
# ## 2.6 Meça em dados que ninguém viu
#
# Os 4.119 clientes do teste vão ao endpoint em lotes, sem o rótulo; as notas voltam em texto.
# À esquerda a curva ROC; à direita o que interessa ao banco: chamando só os melhores, quantos *sim* se alcançam?
# %% [markdown] lang="en"
# ## 2.6 Measure on data that nobody has seen
#
# The 4,119 clients of the test part go to the endpoint in batches, without the label; scores come back as text.
# Left the ROC curve; right what the bank cares about: calling only the best, how many *yes* are reached?
# %%
labels, rows = parts["test"][0].to_numpy(), parts["test"].iloc[:, 1:]
scores = look.predict(endpoint, rows, batch=1000)
auc = evaluate.auc(labels, scores)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), constrained_layout=True)
left.plot(*evaluate.roc(labels, scores), color="#2a6f97")
left.set(title=f"AUC = {auc:.3f}", xlabel="FPR", ylabel="TPR")
called = [share / 50 for share in range(51)]
gained = [evaluate.gain(labels, scores, share) for share in called]
right.plot(called, gained, color="#d1495b")
right.set(xlabel="called / n", ylabel="reached / yes")
for axis in (left, right):
    axis.plot([0, 1], [0, 1], color="#9aa5b1", linestyle="--")
plt.show()
assert len(scores) == 4_119
assert abs(auc - 0.770) < (0.005 if world.dataset.real else 0.05), auc
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2.4** O banco só pode chamar um em cada cinco clientes. Que parte dos *sim* ele alcança com o modelo?
# Ponha o número em `reached`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2.4** The bank can call only one client in five. Which share of the *yes* does it reach with the model?
# Put the number into `reached`.
# %% tags=["solution"]
reached = evaluate.gain(labels, scores, 0.2)
# %% tags=["check"]
assert 0.5 < reached < 0.7, reached
f"{reached:.1%}"
# %% [markdown] lang="pt"
# ## O que aconteceu de verdade
#
# Cada job rodou nesta máquina como um processo com seu próprio `/opt/ml`; o log foi lido linha a linha enquanto corria.
# Os tempos são os do próprio serviço: criado, começado, terminado.
# %% [markdown] lang="en"
# ## What really happened
#
# Each job ran on this machine as a process with its own `/opt/ml`; the log was read line by line while it ran.
# The times are the service's own: created, started, ended.
# %%
from IPython.display import display

from project.behind import behind

times = pd.DataFrame({mode: look.times(job) for mode, job in jobs.items()}).T
display(times, behind("jobs", newest=10, inside="*/hosts/*/*"))
# %% [markdown] lang="pt"
# ## Na AWS seria diferente
#
# | aqui | na AWS |
# |---|---|
# | um job começa em menos de um segundo | dois a quatro minutos até a máquina ficar pronta |
# | `ml.m5.xlarge` é um nome; o job usa esta máquina | é uma máquina alugada, cobrada por segundo |
# | a imagem é um ambiente Python com as mesmas bibliotecas | é uma imagem Docker no ECR |
# | o endpoint responde em um segundo e não custa nada | leva minutos para subir e custa enquanto existir |
#
# ## Limpeza
#
# Um endpoint esquecido é o erro mais caro de quem começa. Apague endpoint, configuração e modelo, nesta ordem; os jobs ficam como histórico.
# %% [markdown] lang="en"
# ## On AWS this would differ
#
# | here | on AWS |
# |---|---|
# | a job starts in less than a second | two to four minutes until the machine is ready |
# | `ml.m5.xlarge` is a name; the job uses this machine | it is a rented machine, billed by the second |
# | the image is a Python environment with the same libraries | it is a Docker image in ECR |
# | the endpoint answers after a second and costs nothing | it takes minutes to come up and costs as long as it is there |
#
# ## Clean-up
#
# A forgotten endpoint is the beginner's most expensive mistake. Delete endpoint, configuration and model, in this order; the jobs stay as history.
# %% tags=["figures"]
for kind in (Endpoint, EndpointConfig, Model):
    for made in kind.get_all(name_contains="course-bank"):
        made.delete()
finals = look.final(jobs["script"])
learned = {part: round(finals[f"{part}:auc"], 4) for part in ("train", "validation")}
{
    "rows": {part: len(table) for part, table in parts.items()},
    "columns": len(columns),
    "auc": learned | {"test": round(auc, 4)},
    "reached": round(evaluate.gain(labels, scores, 0.2), 3),
}
