package io.github.swscan.cli.screen;

import java.util.Optional;

/**
 * What the program is connected to. Only the launcher can see that without further libraries, and says so by system
 * properties: {@code swscan.columns}, the width of the terminal that standard output is, and {@code swscan.terminal}, that
 * of the terminal that standard error is. They are empty where a terminal does not tell its width.
 */
public final class Terminal {

    /** In pipes and files, and where a terminal does not tell. */
    private static final int USUAL_COLUMNS = 80;

    private static final int FEWEST_COLUMNS = 60;

    private Terminal() {}

    /** How many characters a line of standard output has: what the environment says, else the terminal. */
    public static int columns() {
        return columns(
                Optional.ofNullable(System.getenv("COLUMNS")),
                Optional.ofNullable(System.getProperty("swscan.columns")));
    }

    /** Never fewer than there can be made something of. */
    static int columns(Optional<String> environment, Optional<String> terminal) {
        return Math.max(
                FEWEST_COLUMNS,
                environment
                        .flatMap(Terminal::positive)
                        .or(() -> terminal.flatMap(Terminal::positive))
                        .orElse(USUAL_COLUMNS));
    }

    /** Whether standard error is a terminal. */
    public static boolean showsErrors() {
        return errors().isPresent();
    }

    /** How many characters a line of standard error has where it is a terminal. */
    static int errorColumns() {
        return errors().flatMap(Terminal::positive).orElse(USUAL_COLUMNS);
    }

    private static Optional<String> errors() {
        return Optional.ofNullable(System.getProperty("swscan.terminal"));
    }

    private static Optional<Integer> positive(String text) {
        try {
            return Optional.of(Integer.parseInt(text.strip())).filter(number -> number > 0);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
