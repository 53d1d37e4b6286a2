# %% [markdown] lang="pt"
# # 2b. Muitos jobs
#
# **Meta:** deixar o serviço procurar os hiperparâmetros, reaproveitar uma máquina quente, pontuar um arquivo inteiro sem endpoint e mandar uma função do caderno para um job.
#
# ![](../pictures/2b_tuning_and_batch.svg)
#
# Este passo continua o passo 2 e pode começar sem ele: `prepare` põe no bucket o que o job de processamento teria deixado.
# %% [markdown] lang="en"
# # 2b. Many jobs
#
# **Goal:** to let the service look for the hyper-parameters, to use a warm machine again, to score a whole file without an endpoint, and to send a function of the notebook into a job.
#
# ![](../pictures/2b_tuning_and_batch.svg)
#
# This step goes on from step 2 and can begin without it: `prepare` puts into the bucket what the processing job would have left.
# %%
import sys

sys.path.insert(0, "..")

import matplotlib.pyplot as plt
import pandas as pd

from project import evaluate, look, train
from project.start import prepare, start

world = start("2b")
prepared = prepare(world)
prepared
# %% [markdown] lang="pt"
# ## 2b.1 Procure
#
# Dez treinos, dois de cada vez, no modo algoritmo. Cada um é um job comum; o que muda são quatro hiperparâmetros.
# A estratégia *Bayesian* escolhe os próximos valores pelo que os anteriores deram em `validation:auc`.
# %% [markdown] lang="en"
# ## 2b.1 Search
#
# Ten trainings, two at a time, in algorithm mode. Each is an ordinary job; what changes are four hyper-parameters.
# The strategy *Bayesian* chooses the next values by what the earlier ones gave in `validation:auc`.
# %%
from sagemaker.core import image_uris
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig

image = image_uris.retrieve("xgboost", world.region, version="3.0-5")
machine = {"instance_type": "ml.m5.xlarge", "instance_count": 1}
channels = [
    InputData(channel_name=name, data_source=prepared[name], content_type="text/csv")
    for name in ("train", "validation")
]
common = {
    "training_image": image, "role": world.role, "sagemaker_session": world.session,
    "hyperparameters": train.HYPERPARAMETERS | {"num_round": train.ROUNDS},
    "output_data_config": OutputDataConfig(s3_output_path=f"{world.url}/models"),
}
# %%
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.train.tuner import HyperparameterTuner

ranges = {
    "max_depth": IntegerParameter(2, 9), "eta": ContinuousParameter(0.02, 0.5, "Logarithmic"),
    "min_child_weight": IntegerParameter(1, 12), "subsample": ContinuousParameter(0.5, 1.0),
}
tuner = HyperparameterTuner(
    ModelTrainer(compute=Compute(**machine), **common), "validation:auc", ranges,
    max_jobs=10, max_parallel_jobs=2, random_seed=7, base_tuning_job_name="bank",
)
tuner.tune(channels, wait=True)
trials = tuner.analytics().dataframe().sort_values("TrainingStartTime").reset_index(drop=True)
assert list(trials["TrainingJobStatus"].unique()) == ["Completed"]
trials[[*ranges, "FinalObjectiveValue"]].astype(float).round(4)
# %% [markdown] lang="pt"
# À esquerda, o melhor valor até cada treino; à direita, onde a busca esteve: o tamanho do ponto é a AUC.
# %% [markdown] lang="en"
# Left, the best value up to each training; right, where the search has been: the size of a point is its AUC.
# %%
values = trials["FinalObjectiveValue"].astype(float)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), constrained_layout=True)
left.plot(values, "o", color="#9aa5b1", label="trial")
left.step(values.index, values.cummax(), where="post", color="#d1495b", label="best")
left.set(xlabel="trial", ylabel="validation:auc")
left.legend(loc="lower right")
size = 20 + 180 * (values - values.min()) / (values.max() - values.min())
depths, rates = (trials[name].astype(float) for name in ("max_depth", "eta"))
right.scatter(depths, rates, s=size, c=values, cmap="viridis")
right.set(xlabel="max_depth", ylabel="eta", yscale="log")
plt.show()
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2b.1** Qual foi o melhor treino? Ponha o seu nome em `best` (o `tuner` sabe, e a tabela `trials` também).
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2b.1** Which training was the best? Put its name into `best` (the `tuner` knows, and so does the table `trials`).
# %% tags=["solution"]
best = tuner.best_training_job()
# %% tags=["check"]
assert best == trials.loc[values.idxmax(), "TrainingJobName"], best
winner = world.client("sagemaker").describe_training_job(TrainingJobName=best)
{name: winner["HyperParameters"][name] for name in ranges} | {"validation:auc": float(values.max())}
# %% [markdown] lang="pt"
# ## 2b.2 Uma máquina quente
#
# Com `keep_alive_period_in_seconds` a máquina espera um pouco depois do job; o próximo que peça o mesmo começa nela.
# Compare os tempos, e veja em `pool` quem usou a máquina de quem. (Esquecida, a máquina quente também custa; por isso o período é curto.)
# %% [markdown] lang="en"
# ## 2b.2 A warm machine
#
# With `keep_alive_period_in_seconds` the machine waits for a while after the job; the next one that asks for the same begins on it.
# Compare the times, and see in `pool` who used whose machine. (A forgotten warm machine costs too; that is why the period is short.)
# %%
jobs = {}
for turn in ("cold", "warm"):
    compute = Compute(keep_alive_period_in_seconds=120, **machine)
    trainer = ModelTrainer(base_job_name="bank-pool", compute=compute, **common)
    trainer.train(channels, logs=False)
    jobs[turn] = trainer._latest_training_job
times = pd.DataFrame({turn: look.times(job) for turn, job in jobs.items()}).T
jobs["cold"].refresh()
times["pool"] = [job.warm_pool_status.status for job in jobs.values()]
times
# %% [markdown] lang="pt"
# ## 2b.3 Pontue um arquivo inteiro
#
# *Batch transform*: o modelo é servido só enquanto dura o job. Entra um arquivo, sai um `.out` com uma linha por cliente.
# `input_filter` tira o rótulo antes de perguntar; `join_source` põe a nota ao lado da linha que entrou.
# %% [markdown] lang="en"
# ## 2b.3 Score a whole file
#
# *Batch transform*: the model is served only as long as the job lasts. A file goes in, a `.out` with one line per client comes out.
# `input_filter` takes the label away before asking; `join_source` puts the score beside the line that went in.
# %%
from sagemaker.core.resources import Model
from sagemaker.core.shapes import ContainerDefinition
from sagemaker.core.transformer import Transformer

url = winner["ModelArtifacts"]["S3ModelArtifacts"]
name = world.unique("course-best")
container = ContainerDefinition(image=image, model_data_url=url)
model = Model.create(model_name=name, primary_container=container, execution_role_arn=world.role)
look_at = {"assemble_with": "Line", "accept": "text/csv", "strategy": "MultiRecord"}
place = {"output_path": f"{world.url}/scores", "sagemaker_session": world.session}
transformer = Transformer(name, **machine, **look_at, **place)
how = {"input_filter": "$[1:]", "join_source": "Input", "output_filter": "$[0,-1]"}
transformer.transform(
    prepared["test"], content_type="text/csv", split_type="Line", wait=False, logs=False, **how
)
transformer.latest_transform_job.wait(poll=1)
# %%
scored = pd.read_csv(f"{world.url}/scores/test.csv.out", header=None, names=["y", "score"])
assert len(scored) == 4_119
auc = evaluate.auc(scored["y"].to_numpy(), scored["score"].to_numpy())
figure, axis = plt.subplots(figsize=(7, 3.4), constrained_layout=True)
for y, colour in ((0, "#9aa5b1"), (1, "#d1495b")):
    chosen = scored.loc[scored["y"] == y, "score"]
    axis.hist(chosen, bins=40, range=(0, 1), density=True, color=colour, alpha=0.65, label=y)
axis.legend(title="y", loc="upper right")
axis.set(xlabel="score", ylabel="density", title=f"AUC = {auc:.3f}")
plt.show()
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2b.2** O banco vai chamar os 100 clientes com as maiores notas. Ponha as linhas deles, da maior nota para a menor, em `called`.
# Que parte deles diz *sim*?
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2b.2** The bank will call the 100 clients with the highest scores. Put their rows, highest score first, into `called`.
# Which share of them says *yes*?
# %% tags=["solution"]
called = scored.nlargest(100, "score")
# %% tags=["check"]
assert len(called) == 100, len(called)
assert called["score"].is_monotonic_decreasing
assert called["y"].mean() > 3 * scored["y"].mean()
f"{called['y'].mean():.0%} / {scored['y'].mean():.0%}"
# %% [markdown] lang="pt"
# ## 2b.4 Uma função do caderno como job
#
# Quantos clientes bastam para aprender? A resposta é uma função de poucas linhas, e `@remote` faz dela um job:
# ela é guardada com os seus argumentos (*pickle*), roda numa máquina do tipo que você pede, e o que ela devolve volta para o caderno.
# `register_pickle_by_value` manda junto o módulo `train`, que o job não tem.
# %% [markdown] lang="en"
# ## 2b.4 A function of the notebook as a job
#
# How many clients are enough to learn from? The answer is a function of a few lines, and `@remote` makes a job of it:
# it is stored with its arguments (a *pickle*), runs on a machine of the type that you ask for, and what it returns comes back into the notebook.
# `register_pickle_by_value` sends the module `train` along, which the job does not have.
# %%
import cloudpickle
from sagemaker.core.remote_function import remote

cloudpickle.register_pickle_by_value(train)


@remote(instance_type="ml.m5.xlarge", job_name_prefix="clients", s3_root_uri=f"{world.url}/remote")
def learn(sizes: list[int]) -> list[float]:
    """The AUC on the validation part, after learning from so many clients."""
    places = [f"{prepared[part]}/{part}.csv" for part in ("train", "validation")]
    rows, validation = (pd.read_csv(place, header=None) for place in places)
    found = []
    for size in sizes:
        few = rows.sample(size, random_state=7)
        _, history = train.fit(few, validation, train.HYPERPARAMETERS, log=False)
        found.append(history["validation"][-1])
        print(f"{size:,} clients: AUC {found[-1]:.3f}")
    return found
# %% [markdown] lang="pt"
# A chamada espera o job e imprime todo o seu log; aqui ele vai para `told`, e só aparece o que a própria função imprimiu, lá na sua máquina.
# %% [markdown] lang="en"
# The call waits for the job and prints all of its log; here it goes into `told`, and only what the function itself printed, over there on its machine, is shown.
# %%
import io
import re
from contextlib import redirect_stdout

sizes = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 28_831]
with redirect_stdout(io.StringIO()) as told:
    curve = learn(sizes)
print(*re.findall("[0-9,]+ clients: AUC [0-9.]+", told.getvalue()), sep="\n")
figure, axis = plt.subplots(figsize=(7, 3.4), constrained_layout=True)
axis.plot(sizes, curve, "o-", color="#2a6f97")
axis.set(xlabel="clients", ylabel="validation:auc", xscale="log")
axis.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
axis.minorticks_off()
plt.show()
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 2b.3** Peça a `learn` que aprenda de 50.000 clientes: não há tantos. O erro acontece no job e volta para cá com a sua própria classe.
# Apanhe-o e ponha-o em `refused`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 2b.3** Ask `learn` to learn from 50,000 clients: there are not so many. The error happens in the job and comes back here in its own class.
# Catch it and put it into `refused`.
# %% tags=["solution"]
try:
    with redirect_stdout(io.StringIO()):
        learn([50_000])
except ValueError as error:
    refused = error
# %% tags=["check"]
assert type(refused) is ValueError, type(refused)
assert "larger sample" in str(refused), refused
refused
# %% [markdown] lang="pt"
# ## O que aconteceu de verdade
#
# Cada treino da busca foi um processo com sua pasta, dois de cada vez; o job de lote foi um servidor de modelo que viveu o tempo do arquivo.
# A função foi um job de treino como os outros: o seu programa buscou o pickle no bucket, no mesmo Python deste caderno, e deixou lá o resultado.
# %% [markdown] lang="en"
# ## What really happened
#
# Each training of the search was a process with its folder, two at a time; the batch job was a model server that lived as long as the file.
# The function was a training job like the others: its program fetched the pickle from the bucket, in the same Python as this notebook's, and left the result there.
# %%
from project.behind import behind

behind("jobs", newest=16, inside="*/hosts/*/log")
# %% [markdown] lang="pt"
# ## Na AWS seria diferente
#
# | aqui | na AWS |
# |---|---|
# | dez treinos levam segundos | uns vinte minutos: cada par espera as suas máquinas |
# | a busca *Bayesian* é a do Optuna | é a da própria AWS; os valores tentados são outros |
# | quente poupa um ou dois segundos: um Python com o XGBoost já importado espera pelo job (`started to ended`) | a diferença são minutos |
# | a função remota volta em segundos | em minutos: a máquina dela tem de ser ligada |
# | a imagem dela é a que serve a este Python e a este SDK | fora do Studio a função diz a sua imagem (`image_uri`), e o Python dela tem de ser o mesmo |
# | o modelo em lote é servido nesta máquina | uma máquina alugada, cobrada pelo tempo do job |
#
# ## Limpeza
#
# Só o modelo precisa ser apagado; os jobs ficam como histórico, e a máquina quente se vai sozinha no fim do seu período.
# %% [markdown] lang="en"
# ## On AWS this would differ
#
# | here | on AWS |
# |---|---|
# | ten trainings take seconds | some twenty minutes: each pair waits for its machines |
# | the search *Bayesian* is Optuna's | it is AWS's own; other values are tried |
# | warm saves a second or two: a Python that has imported XGBoost waits for the job (`started to ended`) | the difference is minutes |
# | the remote function comes back in seconds | in minutes: its machine has to be started |
# | its image is the one that fits this Python and this SDK | outside of Studio the function names its image (`image_uri`), whose Python must be the same |
# | the model of the batch is served on this machine | a rented machine, billed for the time of the job |
#
# ## Clean-up
#
# Only the model has to be deleted; the jobs stay as history, and the warm machine goes by itself at the end of its period.
# %% tags=["figures"]
for made in Model.get_all(name_contains="course-best"):
    made.delete()
{
    "trials": len(trials),
    "validation": {"best": round(float(values.max()), 4), "worst": round(float(values.min()), 4)},
    "auc of the batch": round(auc, 4),
    "pool": times["created to started"].to_dict(),
    "curve": dict(zip(sizes, [round(value, 4) for value in curve], strict=True)),
}
