/** What reports say to people, in words and numbers that every presentation shares. */
package io.github.swscan.report.text;
