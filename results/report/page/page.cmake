# results/report/page -> build/report_page/report.html -> results/report/page.cc. Packages come as package-lock.json says.
find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)
set(REPORT_PAGE_FOLDER ${CMAKE_BINARY_DIR}/report_page)
set(REPORT_TEMPLATE ${REPORT_PAGE_FOLDER}/report.html)
file(GLOB_RECURSE report_page_sources CONFIGURE_DEPENDS results/report/page/src/*)
set(report_page_lock ${REPORT_PAGE_FOLDER}/node_modules/.package-lock.json)

add_custom_command(
  OUTPUT ${report_page_lock}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${REPORT_PAGE_FOLDER}
  COMMAND ${CMAKE_COMMAND} -E copy results/report/page/package.json results/report/page/package-lock.json
          results/report/page/.npmrc ${REPORT_PAGE_FOLDER}
  COMMAND ${CMAKE_COMMAND} -E chdir ${REPORT_PAGE_FOLDER} ${NPM} ci --ignore-scripts --no-audit --no-fund --silent
  COMMAND ${CMAKE_COMMAND} -E touch ${report_page_lock}
  DEPENDS results/report/page/package.json results/report/page/package-lock.json
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  COMMENT "Fetching the report page's packages"
  VERBATIM)
add_custom_command(
  OUTPUT ${REPORT_TEMPLATE}
  COMMAND ${NODE} results/report/page/build.mjs ${REPORT_PAGE_FOLDER} ${REPORT_TEMPLATE}
  DEPENDS ${report_page_lock} ${report_page_sources} results/report/page/build.mjs
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  COMMENT "Bundling the report page"
  VERBATIM)
set_property(SOURCE results/report/page.cc APPEND PROPERTY OBJECT_DEPENDS ${REPORT_TEMPLATE})
set_property(SOURCE results/report/page.cc APPEND PROPERTY COMPILE_DEFINITIONS
             MESHTWIN_REPORT_TEMPLATE="${REPORT_TEMPLATE}")
