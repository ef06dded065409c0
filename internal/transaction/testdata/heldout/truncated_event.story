# The captured event was cut before the place that matters: nobody can be sure.
function builder
queue builds
function runner-fn

0-100 entry builder "POST /build" -> 200
  10-20 send builds id=c-1 cut=40 {"log":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","ref":"main"}
    100-200 deliver runner-fn cut=150
      190 throw KeyError "'branch'"

expect
  failure runner-fn
  cause runner-fn|builder medium|low
