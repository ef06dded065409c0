# Each layer gives up a little before the one above; the lowest waits for a model server.
gateway te-gateway
service te-web
service te-api
service te-model

0-3000 entry te-gateway "GET /" -> 504
  5-2990 call te-web "GET /" timeout served=10-2900 answers=504
    20-2880 call te-api "GET /" timeout served=30-2800 answers=504
      40-2780 call te-model "POST /infer" timeout served=50-9000
        60-8990 do "inference"

expect
  failure te-gateway
  cause te-model high|medium
