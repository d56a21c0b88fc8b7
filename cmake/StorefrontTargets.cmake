# The three ways to add a target. A new folder needs nothing else.
#
#   storefront_cc_library(NAME storefront_pg SOURCES guard.cc HEADERS guard.h DEPS storefront_status dep::pqxx)
#   storefront_cc_test(NAME guard_test SOURCES guard_test.cc DEPS storefront_pg LABELS unit)
#   storefront_cc_binary(NAME migrator SOURCES main.cc DEPS storefront_migrator_app)
#
# LABELS of a test is its ring: unit (hermetic) or contract (real servers, through tools/with-servers).

function(storefront_cc_library)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS" ${ARGN})
  if(arg_SOURCES)
    add_library(${arg_NAME} STATIC ${arg_SOURCES} ${arg_HEADERS})
    target_link_libraries(${arg_NAME} PUBLIC storefront_options ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
  else()
    add_library(${arg_NAME} INTERFACE ${arg_HEADERS})
    target_link_libraries(${arg_NAME} INTERFACE storefront_options ${arg_DEPS})
  endif()
endfunction()

function(storefront_cc_binary)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE storefront_options ${arg_DEPS})
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

function(storefront_cc_test)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS;LABELS;ARGS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE storefront_options ${arg_DEPS} storefront_testing_main)
  # Each test file has its own short names.
  set_target_properties(${arg_NAME} PROPERTIES UNITY_BUILD OFF)
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} ${arg_ARGS} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set(timeout 60)
  if("contract" IN_LIST arg_LABELS)
    set(timeout 180)
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${timeout}
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tsan.supp ignore_noninstrumented_modules=1;ASAN_OPTIONS=detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()
