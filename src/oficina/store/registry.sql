-- The model registry: a client's token names the package that was made with it.

CREATE INDEX resources_by_client_token ON resources (account, region, json_extract(body, '$._token'))
    WHERE kind = 'ModelPackage';
