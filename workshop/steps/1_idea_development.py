# %% [markdown] lang="pt"
# # 1. A ideia em um notebook
#
# **Meta:** da pergunta ao primeiro modelo registrado, com cada tentativa guardada no MLflow.
#
# ![](../pictures/1_idea_development.svg)
#
# Quase tudo roda aqui no notebook; o MLflow é um servidor, e no fim o próprio notebook vira um job. O código é o de `project/`,
# que os próximos passos levam para jobs.
# %% [markdown] lang="en"
# # 1. The idea in a notebook
#
# **Goal:** from the question to the first registered model, with every try kept in MLflow.
#
# ![](../pictures/1_idea_development.svg)
#
# Nearly all runs here in the notebook; MLflow is a server, and at the end the notebook itself becomes a job. The code is that of
# `project/`, which the next steps take into jobs.
# %%
import sys

sys.path.insert(0, "..")

import matplotlib.pyplot as plt
import pandas as pd

from project import evaluate, notebooks, preprocess, tracking, train
from project.start import start

world = start("1")
clients = world.dataset.read()
clients.shape
# %% [markdown] lang="pt"
# A próxima célula tem a etiqueta (*tag*) `parameters`: é o que se pode mudar de fora, como na seção 1.6. Vale o que está nela até que alguém dê outra coisa.
# %% [markdown] lang="en"
# The next cell has the tag `parameters`: it is what can be changed from outside, as in section 1.6. What it says holds until somebody gives something else.
# %% tags=["parameters"]
depths = "2 4 6 8"
# %% [markdown] lang="pt"
# ## 1.1 Explore
#
# Quem diz sim? À esquerda por idade, à direita pelo resultado da campanha anterior (`poutcome`).
# %% [markdown] lang="en"
# ## 1.1 Explore
#
# Who says yes? Left by age, right by the outcome of the campaign before (`poutcome`).
# %%
said = clients["y"] == "yes"
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), constrained_layout=True)
by_age = said.groupby(pd.cut(clients["age"], range(15, 100, 5)), observed=True).mean()
left.plot([age.mid for age in by_age.index], by_age, "o-", color="#2a6f97")
left.set(xlabel="age", ylabel='P(y = "yes")')
by_outcome = said.groupby(clients["poutcome"]).mean().sort_values()
right.barh(by_outcome.index, by_outcome, color="#2a6f97")
right.set(xlabel='P(y = "yes")')
for draw in (left.axhline, right.axvline):
    draw(said.mean(), color="#d1495b", linestyle="--")
plt.show()
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 1.1** Com que profissão (`job`) se diz mais *sim*? Ponha o nome dela em `keenest`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 1.1** With which profession (`job`) is *yes* said most often? Put its name into `keenest`.
# %% tags=["solution"]
keenest = said.groupby(clients["job"]).mean().idxmax()
# %% tags=["check"]
shares = said.groupby(clients["job"]).mean()
assert shares[keenest] == shares.max(), keenest
shares.sort_values(ascending=False).head(3).round(3)
# %% [markdown] lang="pt"
# ## 1.2 Atributos
#
# O modelo só lê números. `preprocess.features` tira o que só se sabe depois, corta a idade em faixas, põe tudo entre 0 e 1
# e faz de cada palavra uma coluna. `split` separa treino, validação e teste, sempre do mesmo modo.
# %% [markdown] lang="en"
# ## 1.2 Features
#
# The model reads only numbers. `preprocess.features` takes away what is known only later, cuts age into bands, puts all between 0 and 1
# and makes a column of each word. `split` separates train, validation and test, always in the same way.
# %%
table = preprocess.features(clients)
parts = preprocess.split(table)
assert table.shape == (41_188, 65)
client = clients.index[1]
one = table.loc[client]
print(clients.loc[client, ["age", "job", "marital", "poutcome"]].to_dict())
one[one > 0].to_frame().T.round(2)
# %% [markdown] lang="pt"
# ## 1.3 Um caderno que não esquece
#
# Um servidor MLflow gerenciado guarda parâmetros, medidas e modelos de cada tentativa (*run*). O endereço é o ARN dele.
# %% [markdown] lang="en"
# ## 1.3 A notebook that does not forget
#
# A managed MLflow server keeps parameters, measures and models of each try (*run*). Its address is its ARN.
# %%
arn = tracking.server(world)

import mlflow

mlflow.set_tracking_uri(arn)
mlflow.set_experiment("bank")
arn
# %%
def tried(name, hyperparameters, **nested):
    with mlflow.start_run(run_name=name, **nested) as run:
        mlflow.log_params(hyperparameters)
        model, history = train.fit(parts["train"], parts["validation"], hyperparameters, log=False)
        for part, values in history.items():
            for step in range(0, len(values), 20):
                mlflow.log_metric(f"{part}_auc", values[step], step=step)
            mlflow.log_metric(f"{part}_auc", values[-1], step=len(values))
        return run.info.run_id, model


first, model = tried("first", train.HYPERPARAMETERS)
pd.Series(mlflow.get_run(first).data.metrics).round(4)
# %% [markdown] lang="pt"
# ## 1.4 Tentativas dentro de uma tentativa
#
# Uma pergunta (que profundidade?) é um *run*; cada resposta possível é um *run* dentro dele.
# %% [markdown] lang="en"
# ## 1.4 Tries inside a try
#
# A question (which depth?) is a run; each possible answer is a run inside it.
# %%
with mlflow.start_run(run_name="depths") as parent:
    for depth in map(int, depths.split()):
        tried(f"depth {depth}", train.HYPERPARAMETERS | {"max_depth": depth}, nested=True)
inside = f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
tries = mlflow.search_runs(experiment_names=["bank"], filter_string=inside)
tries = tries.astype({"params.max_depth": int}).sort_values("params.max_depth")
assert list(tries["params.max_depth"]) == sorted(map(int, depths.split()))
figure, axis = plt.subplots(figsize=(7, 3.4), constrained_layout=True)
for part, colour in (("train", "#2a6f97"), ("validation", "#d1495b")):
    values = tries[f"metrics.{part}_auc"]
    axis.plot(tries["params.max_depth"], values, "o-", color=colour, label=part)
axis.set(xlabel="max_depth", ylabel="AUC", xticks=tries["params.max_depth"])
axis.legend(loc="upper left")
plt.show()
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 1.2** Pergunte ao MLflow, com `mlflow.search_runs`, qual dos quatro tem a maior `validation_auc`,
# e ponha o seu identificador (`run_id`) em `best`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 1.2** Ask MLflow, with `mlflow.search_runs`, which of the four has the highest `validation_auc`,
# and put its identifier (`run_id`) into `best`.
# %% tags=["solution"]
order = {"filter_string": inside, "order_by": ["metrics.validation_auc DESC"], "max_results": 1}
best = mlflow.search_runs(experiment_names=["bank"], **order).loc[0, "run_id"]
# %% tags=["check"]
answer = mlflow.get_run(best).data
assert answer.metrics["validation_auc"] == tries["metrics.validation_auc"].max(), answer.metrics
answer.params["max_depth"], round(answer.metrics["validation_auc"], 4)
# %% [markdown] lang="pt"
# ## 1.5 Registre
#
# O modelo vai para o MLflow e ganha um nome e uma versão. O servidor a leva sozinho para o registro de modelos do SageMaker.
# %% [markdown] lang="en"
# ## 1.5 Register
#
# The model goes into MLflow and gets a name and a version. The server takes it into SageMaker's model registry by itself.
# %%
from contextlib import redirect_stderr

NAME = "bank-idea"
with mlflow.start_run(run_id=first):
    logged = mlflow.xgboost.log_model(model, name="model", pip_requirements=["xgboost-cpu==3.0.5"])
with redirect_stderr(sys.stdout):
    version = mlflow.register_model(logged.model_uri, NAME)
package = tracking.package(world, NAME, str(version.version))
facts = ("ModelPackageGroupName", "ModelPackageVersion", "ModelApprovalStatus")
kept = {name: package.get(name) for name in facts} | package["MetadataProperties"]
pd.Series(kept).to_frame(NAME)
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 1.3** Leia o modelo registrado de volta (`mlflow.xgboost.load_model`, endereço `models:/NAME/VERSION`)
# em `again`, e as notas que ele dá ao teste (`train.matrix`) em `scores`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 1.3** Read the registered model back (`mlflow.xgboost.load_model`, address `models:/NAME/VERSION`)
# into `again`, and the scores that it gives to the test part (`train.matrix`) into `scores`.
# %% tags=["solution"]
again = mlflow.xgboost.load_model(f"models:/{NAME}/{version.version}")
scores = again.predict(train.matrix(parts["test"]))
# %% tags=["check"]
measured = evaluate.auc(parts["test"]["y"].to_numpy(), scores)
assert abs(measured - 0.770) < (0.005 if world.dataset.real else 0.05), measured
round(measured, 4)
# %% [markdown] lang="pt"
# ## 1.6 O próprio notebook como job
#
# O que você explorou uma vez pode rodar de novo amanhã, com outros parâmetros e sem ninguém olhando. `NotebookJobStep` leva o notebook
# (até a seção 1.4: um job não deve iniciar a si mesmo), a pasta `project/` e os dados para um job, que roda as células com o papermill.
# Um pipeline de um só passo é o modo recomendado de pedir isso; o parâmetro dele (`Depths`) chega ao notebook logo depois da célula
# `parameters`, sempre como texto.
# %% [markdown] lang="en"
# ## 1.6 The notebook itself as a job
#
# What was explored once is run again tomorrow, with other parameters, and with nobody watching. `NotebookJobStep` takes the notebook
# (up to section 1.4: a job must not start itself), the folder `project/` and the data into a job, which runs the cells with papermill.
# A pipeline of this one step is the recommended way to ask for it; its parameter (`Depths`) reaches the notebook right after the cell
# `parameters`, always as text.
# %%
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.notebook_job_step import NotebookJobStep
from sagemaker.mlops.workflow.pipeline import Pipeline

session = PipelineSession(boto_session=world.session.boto_session, default_bucket=world.bucket)
asked = ParameterString(name="Depths", default_value="3 5 7")
step = NotebookJobStep(
    name="Idea", notebook_job_name="idea",
    input_notebook=notebooks.part("1_idea_development.ipynb", until="## 1.5"),
    image_uri=notebooks.image(world), kernel_name="python3", role=world.role,
    parameters={"depths": asked}, initialization_script=notebooks.SCRIPT,
    additional_dependencies=["../project", str(world.dataset.path)],
)
pipeline = Pipeline(name="bank-idea", parameters=[asked], steps=[step], sagemaker_session=session)
pipeline.upsert(role_arn=world.role)["PipelineArn"]
# %% [markdown] lang="pt"
# O job deixa o notebook com as saídas: abaixo, o gráfico que *ele* desenhou. As tentativas estão no mesmo MLflow que as suas.
# %% [markdown] lang="en"
# The job leaves the notebook with its outputs: below is the plot that *it* drew. Its tries are in the same MLflow as yours.
# %%
from IPython.display import display

execution = pipeline.start()
execution.wait(delay=1, max_attempts=1800)
job = notebooks.job(world, execution)
left = notebooks.files(world, job)
plot = notebooks.outputs(left[job["Environment"]["SM_OUTPUT_NOTEBOOK_NAME"]], "image/png")[-1]
display({"image/png": plot}, raw=True)
job["HyperParameters"] | {name: len(content) for name, content in left.items()}
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 1.4** Rode o notebook de novo com outras duas profundidades, sem mudar o pipeline (`start` aceita `parameters`).
# Espere o fim e ponha a execução em `later`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 1.4** Run the notebook again with two other depths, without changing the pipeline (`start` takes `parameters`).
# Wait for the end and put the execution into `later`.
# %% tags=["solution"]
later = pipeline.start(parameters={"Depths": "1 10"})
later.wait(delay=1, max_attempts=1800)
# %% tags=["check"]
given = notebooks.job(world, later)["HyperParameters"]["depths"]
assert given != job["HyperParameters"]["depths"], given
runs = mlflow.search_runs(experiment_names=["bank"]).dropna(subset=["params.max_depth"])
assert set(given.split()) <= set(runs["params.max_depth"]), given
best = runs.groupby("params.max_depth")["metrics.validation_auc"].max().sort_values()
best.tail(3).round(4)
# %% [markdown] lang="pt"
# ## O que aconteceu de verdade
#
# O servidor é um processo do MLflow nesta máquina, com um banco SQLite; os modelos são objetos no seu bucket.
# O notebook como job foi um job de treino (*TrainingJob*): o papermill, num processo com pastas só dele, abriu um kernel e rodou as células.
# %% [markdown] lang="en"
# ## What really happened
#
# The server is a process of MLflow on this machine, with an SQLite database; the models are objects in your bucket.
# The notebook as a job was a training job (*TrainingJob*): papermill, in a process with folders of its own, opened a kernel and ran the cells.
# %%
folder = f"{world.url}/mlflow/".removeprefix(f"s3://{world.bucket}/")
listed = world.client("s3").list_objects_v2(Bucket=world.bucket, Prefix=folder)["Contents"]
log = left["sagemaker_job_execution.log"].decode().splitlines()
print(*[line for line in log if line.startswith(("Use Kernel", "Execution"))], sep="\n")
pd.DataFrame({item["Key"].removeprefix(folder): [item["Size"]] for item in listed}, ["bytes"]).T
# %% [markdown] lang="pt"
# ## Na AWS seria diferente
#
# | aqui | na AWS |
# |---|---|
# | o servidor MLflow começa em segundos | leva cerca de meia hora para nascer e custa por hora |
# | o MLflow é uma versão só, seja qual for a pedida | você escolhe a versão |
# | o notebook como job leva segundos | leva minutos: espera uma máquina e baixa a imagem do Studio |
# | a imagem do Studio tem as versões fixadas por oficina | tem as de cada lançamento; `notebook.sh` instala o que falta |
# | um notebook se agenda de fora (`cron`) | o JupyterLab do Studio também agenda: *Create a notebook job* |
#
# ## Limpeza
#
# Nada a apagar aqui: os próximos passos usam o registro. Na AWS, pare o servidor (`stop_mlflow_tracking_server`) quando não o usar.
# %% [markdown] lang="en"
# ## On AWS this would differ
#
# | here | on AWS |
# |---|---|
# | the MLflow server begins in seconds | it takes about half an hour to be born and costs by the hour |
# | MLflow has one version, whichever was asked for | you choose the version |
# | the notebook as a job takes seconds | it takes minutes: it waits for a machine and downloads Studio's image |
# | Studio's image has the versions that oficina pins | it has those of each release; `notebook.sh` installs what is missing |
# | a notebook is scheduled from outside (`cron`) | Studio's JupyterLab schedules it too: *Create a notebook job* |
#
# ## Clean-up
#
# Nothing to delete here: the next steps use the registry. On AWS, stop the server (`stop_mlflow_tracking_server`) when you do not use it.
# %% tags=["figures"]
{
    "runs": len(mlflow.search_runs(experiment_names=["bank"])),
    "depths": tries.set_index("params.max_depth")["metrics.validation_auc"].round(4).to_dict(),
    "auc of the idea": round(measured, 4),
    "registered": package["ModelPackageArn"].split("/", 1)[-1],
    "depths in jobs": f"{job['HyperParameters']['depths']} {given}",
}
