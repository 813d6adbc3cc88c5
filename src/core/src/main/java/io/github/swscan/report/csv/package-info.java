/** Numbers of reports as comma-separated values, for spreadsheets and data frames. */
package io.github.swscan.report.csv;
