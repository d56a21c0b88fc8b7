# Language, warnings, hardening and sanitizers: one interface target that all our code links.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# There are no modules here; scanning for them costs a step per file and defeats ccache.
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(STOREFRONT_WERROR "Warnings are errors" OFF)
option(STOREFRONT_FUZZ "Instrument for libFuzzer and link it into tests/fuzz; needs clang" OFF)
set(STOREFRONT_SANITIZE "" CACHE STRING "Value for -fsanitize=, for instance address,undefined")

add_library(storefront_options INTERFACE)
target_include_directories(storefront_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(storefront_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # Designated initialisers leave out what keeps its default: that is their point here.
  -Wno-missing-field-initializers
  $<$<BOOL:${STOREFRONT_WERROR}>:-Werror>)

# For every target, generated code too: paths in objects are relative, so ccache hits across clones.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." -fstack-protector-strong)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(STOREFRONT_SANITIZE)
  add_compile_options("-fsanitize=${STOREFRONT_SANITIZE}" -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${STOREFRONT_SANITIZE}")
  if(STOREFRONT_SANITIZE MATCHES "address")
    # Headers of Abseil poison container memory that its uninstrumented library touches.
    add_compile_definitions(NDEBUG_SANITIZER)
  endif()
endif()
if(STOREFRONT_FUZZ)
  # g++ built Debian's Abseil, and mangles constrained templates as clang did up to 17.
  add_compile_options(-fsanitize=fuzzer-no-link -fclang-abi-compat=17)
endif()
