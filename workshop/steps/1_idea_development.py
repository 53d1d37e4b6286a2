# %% [markdown] lang="pt"
# # 1. A ideia em um notebook
#
# **Meta:** da pergunta ao primeiro modelo registrado, com cada tentativa guardada no MLflow.
#
# ![](../pictures/1_idea_development.svg)
#
# Tudo roda aqui no notebook; só o MLflow é um servidor. O código é o de `project/`, que os próximos passos levam para jobs.
# %% [markdown] lang="en"
# # 1. The idea in a notebook
#
# **Goal:** from the question to the first registered model, with every try kept in MLflow.
#
# ![](../pictures/1_idea_development.svg)
#
# All runs here in the notebook; only MLflow is a server. The code is that of `project/`, which the next steps take into jobs.
# %%
import sys

sys.path.insert(0, "..")

import matplotlib.pyplot as plt
import pandas as pd

from project import evaluate, preprocess, tracking, train
from project.start import start

world = start("1")
clients = world.dataset.read()
clients.shape
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
    for depth in (2, 4, 6, 8):
        tried(f"depth {depth}", train.HYPERPARAMETERS | {"max_depth": depth}, nested=True)
inside = f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
tries = mlflow.search_runs(experiment_names=["bank"], filter_string=inside)
tries = tries.astype({"params.max_depth": int}).sort_values("params.max_depth")
assert list(tries["params.max_depth"]) == [2, 4, 6, 8]
figure, axis = plt.subplots(figsize=(7, 3.4), constrained_layout=True)
for part, colour in (("train", "#2a6f97"), ("validation", "#d1495b")):
    values = tries[f"metrics.{part}_auc"]
    axis.plot(tries["params.max_depth"], values, "o-", color=colour, label=part)
axis.set(xlabel="max_depth", ylabel="AUC")
axis.legend()
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
# ## O que aconteceu de verdade
#
# O servidor é um processo do MLflow nesta máquina, com um banco SQLite; os modelos são objetos no seu bucket.
# %% [markdown] lang="en"
# ## What really happened
#
# The server is a process of MLflow on this machine, with an SQLite database; the models are objects in your bucket.
# %%
listed = world.client("s3").list_objects_v2(
    Bucket=world.bucket, Prefix=f"{world.url.removeprefix(f's3://{world.bucket}/')}/mlflow/"
)
pd.DataFrame(listed["Contents"])[["Key", "Size"]].assign(Key=lambda t: t["Key"].str[-60:]).tail(6)
# %% [markdown] lang="pt"
# ## Na AWS seria diferente
#
# | aqui | na AWS |
# |---|---|
# | o servidor MLflow começa em segundos | leva cerca de meia hora para nascer e custa por hora |
# | o MLflow é uma versão só, seja qual for a pedida | você escolhe a versão |
# | rodar este notebook como job, com parâmetros, ainda não está neste passo | o curso original o faz aqui |
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
# | to run this notebook as a job, with parameters, is not in this step yet | the original course does it here |
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
}
