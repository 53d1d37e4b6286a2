# %% [markdown] lang="pt"
# # 0. Comece aqui
#
# **Meta:** saber quem você é neste lugar, onde ficam seus dados e com que papel seus jobs vão rodar.
#
# ![](../pictures/0_start_here.svg)
#
# Os mesmos passos funcionam aqui e na AWS: nada nestes notebooks importa o *oficina*.
# Leia, rode cada célula com Shift+Enter, e repita à vontade: toda célula pode rodar de novo.
# %% [markdown] lang="en"
# # 0. Start here
#
# **Goal:** to know who you are in this place, where your data lies and with which role your jobs will run.
#
# ![](../pictures/0_start_here.svg)
#
# The same steps work here and on AWS: nothing in these notebooks imports *oficina*.
# Read, run each cell with Shift+Enter, and repeat as you like: every cell can run again.
# %%
import sys

sys.path.insert(0, "..")

import pandas as pd

from project import bank
from project.start import start, upload

world = start("0")
facts = {name: getattr(world, name) for name in ("region", "account", "role", "bucket")}
pd.Series(facts).to_frame("world")
# %% [markdown] lang="pt"
# ## 0.1 Quem chama
#
# Toda chamada é assinada com uma chave. `GetCallerIdentity` diz de quem ela é: uma sessão de um papel (*role*) do IAM.
# O mesmo papel será emprestado aos seus jobs, e por isso ele tem de confiar em `sagemaker.amazonaws.com`.
# %% [markdown] lang="en"
# ## 0.1 Who is calling
#
# Every call is signed with a key. `GetCallerIdentity` tells whose it is: a session of an IAM role.
# The same role will be lent to your jobs, and so it has to trust `sagemaker.amazonaws.com`.
# %%
caller = world.client("sts").get_caller_identity()
role = world.role.split("/")[-1]
iam = world.client("iam")
policy = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
trusted = policy["Statement"][0]["Principal"]
policies = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
names = [policy["PolicyName"] for policy in policies]
facts = {"caller": caller["Arn"], "trusts": trusted["Service"], "policies": ", ".join(names)}
pd.Series(facts).to_frame("IAM")
# %% [markdown] lang="pt"
# ## 0.2 O domínio do Studio
#
# Um domínio reúne os perfis de usuário; um perfil tem espaços (*spaces*); em um espaço roda um aplicativo, o seu JupyterLab.
# %% [markdown] lang="en"
# ## 0.2 The Studio domain
#
# A domain holds user profiles; a profile has spaces; in a space runs an app, your JupyterLab.
# %%
sagemaker = world.client("sagemaker")
domain_id = sagemaker.list_domains()["Domains"][0]["DomainId"]
domain = sagemaker.describe_domain(DomainId=domain_id)
spaces = sagemaker.list_spaces(DomainIdEquals=domain_id)["Spaces"]
apps = sagemaker.list_apps(DomainIdEquals=domain_id)["Apps"]
pd.DataFrame(
    [("domain", domain["DomainName"], domain["Status"])]
    + [("space", space["SpaceName"], space["Status"]) for space in spaces]
    + [("app", app["AppName"], app["Status"]) for app in apps],
    columns=["what", "name", "status"],
)
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 0.1** Ache os perfis de usuário do domínio com `list_user_profiles` e ponha os nomes na lista `profiles`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 0.1** Find the domain's user profiles with `list_user_profiles` and put their names into the list `profiles`.
# %% tags=["solution"]
found = sagemaker.list_user_profiles(DomainIdEquals=domain_id)["UserProfiles"]
profiles = [profile["UserProfileName"] for profile in found]
# %% tags=["check"]
described = sagemaker.describe_user_profile(DomainId=domain_id, UserProfileName=profiles[0])
assert described["Status"] == "InService", described["Status"]
described["UserProfileName"], described["Status"]
# %% [markdown] lang="pt"
# ## 0.3 Os dados
#
# Um banco português telefonou a 41.188 clientes para oferecer um depósito a prazo. `y` diz quem aceitou.
# Fonte: Moro, Cortez e Rita, *Decision Support Systems*, 2014 (UCI Bank Marketing, `bank-additional-full.csv`).
# O arquivo é o certo se a soma SHA-256 for a certa; sem rede e sem cópia, o curso *gera* clientes parecidos e avisa.
# %% [markdown] lang="en"
# ## 0.3 The data
#
# A Portuguese bank called 41,188 clients to offer a term deposit. `y` tells who said yes.
# Source: Moro, Cortez and Rita, *Decision Support Systems*, 2014 (UCI Bank Marketing, `bank-additional-full.csv`).
# The file is the right one if its SHA-256 is; without network and without a copy the course *generates* similar clients and says so.
# %%
dataset = world.dataset
clients = dataset.read()
print(f"origin: {dataset.origin}")
print(f"sha256: {bank.checksum(dataset.path)}")
print(f"shape:  {clients.shape[0]:,} x {clients.shape[1]}")
assert clients.shape == (41_188, 21)
assert not dataset.real or bank.checksum(dataset.path) == bank.SHA256
clients.head()
# %% [markdown] lang="pt"
# Duas figuras antes de qualquer modelo. À esquerda, a parte de `y` = *yes* por mês da ligação.
# À direita, a duração da ligação: quem aceita fala mais, mas a duração só se conhece *depois* da resposta.
# Um modelo que a use acerta no papel e não serve para nada; por isso ela sai no passo 1.
# %% [markdown] lang="en"
# Two figures before any model. Left, the share of `y` = *yes* by month of the call.
# Right, the length of the call: who says yes talks longer, but the length is known only *after* the answer.
# A model that uses it is right on paper and good for nothing; that is why it goes in step 1.
# %%
import matplotlib.pyplot as plt

order = ["mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), constrained_layout=True)
share = (clients["y"] == "yes").groupby(clients["month"]).mean().reindex(order)
left.bar(order, share, color="#2a6f97")
left.axhline((clients["y"] == "yes").mean(), color="#d1495b", linestyle="--")
left.set(xlabel="month", ylabel='P(y = "yes")')
for answer, colour in (("no", "#9aa5b1"), ("yes", "#d1495b")):
    lengths = clients.loc[clients["y"] == answer, "duration"]
    look = {"color": colour, "alpha": 0.65, "label": answer}
    right.hist(lengths, bins=60, range=(0, 1500), density=True, **look)
right.legend(title="y", loc="upper right")
right.set(xlabel="duration", ylabel="density")
plt.show()
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 0.2** Que parte dos clientes disse sim? Ponha o número na variável `positive`.
# Depois pense: que exatidão (*accuracy*) tem um modelo que sempre diz não?
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 0.2** Which share of the clients said yes? Put the number into the variable `positive`.
# Then think: what accuracy has a model that always says no?
# %% tags=["solution"]
positive = (clients["y"] == "yes").mean()
# %% tags=["check"]
assert 0.11 < positive < 0.115, positive
f"{positive:.2%}"
# %% [markdown] lang="pt"
# ## 0.4 Para o bucket
#
# Jobs rodam em outra máquina e só veem o que está no S3. O SDK escolhe um bucket padrão por conta e região.
# %% [markdown] lang="en"
# ## 0.4 Into the bucket
#
# Jobs run on another machine and see only what is in S3. The SDK picks one default bucket per account and region.
# %%
url = upload(world)
key = url.removeprefix(f"s3://{world.bucket}/")
listed = world.client("s3").list_objects_v2(Bucket=world.bucket, Prefix=key)["Contents"]
pd.DataFrame(listed)[["Key", "Size", "LastModified"]]
# %% [markdown] lang="pt" tags=["exercise"]
# **Exercício 0.3** Leia a tabela de volta *do S3*, com o `pandas`, na variável `again`.
# %% [markdown] lang="en" tags=["exercise"]
# **Exercise 0.3** Read the table back *from S3*, with `pandas`, into the variable `again`.
# %% tags=["solution"]
again = pd.read_csv(url, sep=";")
# %% tags=["check"]
assert again.equals(clients)
again.shape
# %% [markdown] lang="pt"
# ## O que aconteceu de verdade
#
# Nesta máquina o bucket é uma tabela de fatos e uma pasta de bytes: cada objeto é um arquivo, guardado uma vez.
# A AWS não mostra o que há por trás; aqui `behind` abre a pasta.
# %% [markdown] lang="en"
# ## What really happened
#
# On this machine the bucket is a table of facts and a folder of bytes: each object is a file, kept once.
# AWS does not show what lies behind; here `behind` opens the folder.
# %%
from project.behind import behind

behind("blobs", newest=5)
# %% [markdown] lang="pt"
# ## Na AWS seria diferente
#
# | aqui | na AWS |
# |---|---|
# | a conta, o papel e o domínio existem desde o primeiro início | você ou seu time os cria, por exemplo com CloudFormation |
# | o bucket é uma pasta sua, sem custo | cerca de US$ 0,023 por GB e mês |
# | as chaves ficam em um arquivo seu | as credenciais vêm do Studio ou do IAM e vencem |
# | políticas do IAM são guardadas e mostradas | políticas do IAM também são impostas |
#
# ## Limpeza
#
# Nada a apagar: os dados no bucket são o ponto de partida dos próximos passos.
# %% [markdown] lang="en"
# ## On AWS this would differ
#
# | here | on AWS |
# |---|---|
# | account, role and domain exist from the first start | you or your team make them, for example with CloudFormation |
# | the bucket is a folder of yours, at no cost | about US$ 0.023 per GB and month |
# | the keys are in a file of yours | credentials come from Studio or IAM and expire |
# | IAM policies are kept and shown | IAM policies are enforced as well |
#
# ## Clean-up
#
# Nothing to delete: the data in the bucket is where the next steps begin.
# %% tags=["figures"]
{
    "origin": dataset.origin,
    "rows": len(clients),
    "columns": clients.shape[1],
    "positive": round(float((clients["y"] == "yes").mean()), 4),
}
