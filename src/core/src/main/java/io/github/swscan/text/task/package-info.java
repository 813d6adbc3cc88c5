/** Tasks with right answers: multiple choice and last words, read and turned into token ids. */
package io.github.swscan.text.task;
