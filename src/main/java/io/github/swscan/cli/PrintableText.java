package io.github.swscan.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Text that may come from an untrusted file, made safe for one line on a terminal. */
final class PrintableText {

    /** Control, format and unassigned characters, halves of surrogate pairs, line and paragraph separators. */
    private static final Pattern INVISIBLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private PrintableText() {}

    /** The text with everything that is not plainly visible written as a Java escape. */
    static String escaped(String text) {
        return INVISIBLE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(escape(found.group())));
    }

    private static String escape(String invisible) {
        return invisible.chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining());
    }
}
