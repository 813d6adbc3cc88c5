/** What a report tells that matters, one finding at a time, under names that stay the same from run to run. */
package io.github.swscan.report.finding;
