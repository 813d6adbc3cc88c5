package io.github.swscan.input;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Untrusted text made safe for one line on a terminal. */
public final class PrintableText {
    private static final int MAX_QUOTE_LENGTH = 120;
    private static final int MAX_NAMES = 5;
    private static final String CUT = "...";

    private PrintableText() {}

    /** The text in double quotes, escaped and shortened. */
    public static String quoted(String text) {
        return '"' + shortened(text, MAX_QUOTE_LENGTH) + '"';
    }

    /** The file names of some paths, each {@link #quoted}, not too many of them. */
    public static String names(List<Path> files) {
        return quoted(files.stream().map(file -> file.getFileName().toString()).toList());
    }

    /** Some texts, each {@link #quoted}, not too many of them. */
    public static String quoted(List<String> texts) {
        String quoted =
                texts.stream().limit(MAX_NAMES).map(PrintableText::quoted).collect(Collectors.joining(", "));
        int more = texts.size() - MAX_NAMES;
        return more > 0 ? quoted + " and " + more + " more" : quoted;
    }

    /** The text with everything that is not plainly visible written as a Java escape. */
    public static String escaped(String text) {
        return shortened(text, Integer.MAX_VALUE);
    }

    /** The text, escaped, cut after {@code limit} characters; an ellipsis, not counted, shows the cut. */
    public static String shortened(String text, int limit) {
        StringBuilder line = new StringBuilder();
        for (int index = 0; index < text.length(); ) {
            int codePoint = text.codePointAt(index);
            String next = isVisible(codePoint) ? Character.toString(codePoint) : escape(codePoint);
            if (next.length() > limit - line.length()) {
                return line.append(CUT).toString();
            }
            line.append(next);
            index += Character.charCount(codePoint);
        }
        return line.toString();
    }

    /** Line breaks and control sequences are not the only danger: format characters can reverse what a reader sees. */
    private static boolean isVisible(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static String escape(int codePoint) {
        StringBuilder escape = new StringBuilder();
        for (char unit : Character.toChars(codePoint)) {
            escape.append(String.format("\\u%04x", (int) unit));
        }
        return escape.toString();
    }
}
