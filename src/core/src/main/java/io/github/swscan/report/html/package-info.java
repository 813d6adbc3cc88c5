/**
 * Reports as pages for people: each one file that needs nothing else. Templates lie in src/main/jte, and become classes of
 * this package; styles and scripts are resources of it.
 */
package io.github.swscan.report.html;
