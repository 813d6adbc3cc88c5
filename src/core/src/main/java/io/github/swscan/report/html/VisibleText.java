package io.github.swscan.report.html;

import io.github.swscan.input.PrintableText;
import io.github.swscan.report.text.Numbers;
import java.util.Arrays;

/** Text of files, made safe to look at: nothing invisible, nothing that turns the line round, nothing endless. */
final class VisibleText {

    private static final int LONGEST = 200;

    private static final int LONGEST_PARAGRAPH = 1000;

    /** Where text is what it is about. */
    private static final int LONGEST_PASSAGE = 4000;

    private static final int LONGEST_NAME = 100;

    private VisibleText() {}

    /** For a cell or a line. */
    static String of(String text) {
        return cut(PrintableText.escaped(text), LONGEST);
    }

    /** For a paragraph. */
    static String paragraph(String text) {
        return cut(PrintableText.escaped(text), LONGEST_PARAGRAPH);
    }

    /** For what prompts and models write. */
    static String passage(String text) {
        return cut(PrintableText.escaped(text.replace("\r\n", "\n").replace('\n', '⏎')), LONGEST_PASSAGE);
    }

    /** The last name of a path, for a heading. */
    static String lastName(String path) {
        String name = Arrays.stream(path.split("[/\\\\]", -1))
                .filter(part -> !part.isEmpty())
                .reduce((first, second) -> second)
                .orElse(path);
        return cut(PrintableText.escaped(name), LONGEST_NAME);
    }

    private static String cut(String text, int limit) {
        if (text.length() <= limit) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
        return "%s… (%s characters)".formatted(text.substring(0, end), Numbers.grouped(text.length()));
    }
}
