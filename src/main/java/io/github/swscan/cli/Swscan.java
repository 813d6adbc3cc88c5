package io.github.swscan.cli;
/** Start. */
public final class Swscan {
    private Swscan() {}

    public static void main(String[] a) {
        System.out.println("hi");
    }
}
