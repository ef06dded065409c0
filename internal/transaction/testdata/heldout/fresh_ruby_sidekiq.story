# A Ruby worker finds no key in the job's arguments; the web process put an empty id.
service rails-web
queue sidekiq-default
service sidekiq
database rails-db

0-120 entry rails-web "POST /invoices" -> 201
  event {"customer":{"email":"a@example.com"},"lines":[1,2]}
  20-50 use rails-db "INSERT INTO invoices"
  60-70 send sidekiq-default id=rb-1 {"job":"MailInvoice","args":{"invoice_id":null}}
    200-300 deliver sidekiq
      290 throw ActiveRecord::RecordNotFound "Couldn't find Invoice without an ID (invoice_id is null)"

expect
  failure sidekiq
  cause rails-web high|medium
