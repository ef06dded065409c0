# A hundred jobs are sent in batches, ninety-seven come out.
function planner
queue jobs
function runner

0-500 timer planner
  repeat 97 every=2
    10-12 send jobs id=j-# {"job":#}
      100-140 deliver runner
  300-302 send jobs id=n-1 {"job":98}
  303-305 send jobs id=n-2 {"job":99}
  306-308 send jobs id=n-3 {"job":100}

expect
  silent lost planner
