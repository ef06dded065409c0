# In a state machine the first task's answer becomes the second one's event; it lacks the score.
function flow-start
function score-task
function decide-task
http bureau.example

0-50 entry flow-start "POST /loan" -> 202
  event http {"applicant":"p1","amount":100}
  10-4000 invoke score-task execution=arn:aws:states:eu:1:execution:loan:1 served=100-400
    event {"applicant":"p1","amount":100}
    120-300 call bureau.example "GET /score" -> 503
    response {"applicant":"p1","amount":100,"checked":true}
  10-4000 invoke decide-task execution=arn:aws:states:eu:1:execution:loan:1 served=500-700
    event {"applicant":"p1","amount":100,"checked":true}
    690 throw KeyError "'score'"

expect
  failure decide-task
  cause score-task high|medium
