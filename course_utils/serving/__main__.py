from course_utils.serving import main

main()
