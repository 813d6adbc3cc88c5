/** What the commands show: tables, progress, numbers as text. */
package io.github.swscan.cli.screen;
